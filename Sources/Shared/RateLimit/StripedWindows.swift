internal import Keyspace
internal import NIOConcurrencyHelpers

/// The local windows of one limit under several locks, by subject: each request takes one for as long as a look into a
/// dictionary, and no event loop waits for another's subjects.
struct StripedWindows: Sendable {
  private static let count = 16

  private let stripes: [NIOLockedValueBox<LocalWindows>]

  init(_ quota: Quota) {
    stripes = (0..<Self.count).map { _ in
      NIOLockedValueBox(LocalWindows(quota, capacity: LocalWindows.capacity / Self.count))
    }
  }

  /// Takes note of what Redis decided.
  func note(_ decision: RateDecision, on subject: RateSubject, now: Microseconds) {
    stripe(of: subject).withLockedValue { $0.note(decision, on: subject, now: now) }
  }

  /// Decides where Redis did not.
  func admit(_ subject: RateSubject, now: Microseconds) -> RateDecision {
    stripe(of: subject).withLockedValue { $0.admit(subject, now: now) }
  }

  private func stripe(of subject: RateSubject) -> NIOLockedValueBox<LocalWindows> {
    stripes[Int(UInt(bitPattern: subject.hashValue) % UInt(Self.count))]
  }
}
