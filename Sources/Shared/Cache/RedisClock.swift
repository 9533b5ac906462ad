internal import Foundation
internal import NIOConcurrencyHelpers

/// The time as Redis tells it, estimated between its replies.
///
/// Ages of values hang on it and nothing else. Without the comparison an instance whose clock is minutes ahead would
/// refresh every value at every read.
final class RedisClock: Sendable {
  private let offset = NIOLockedValueBox<Int64>(0)

  /// Milliseconds since 1970.
  var now: UInt64 { UInt64(clamping: Self.ownTime + offset.withLockedValue { $0 }) }

  /// Takes a time that Redis just sent.
  func observe(_ time: Int64) {
    let difference = time - Self.ownTime
    offset.withLockedValue { $0 = difference }
  }

  private static var ownTime: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}
