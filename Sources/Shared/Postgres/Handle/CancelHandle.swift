internal import CLibpq

/// The right to stop whatever one connection is running.
///
/// `@unchecked Sendable`: a `PGcancel` is immutable and libpq allows its use from any thread.
final class CancelHandle: @unchecked Sendable {
  private let cancel: OpaquePointer

  fileprivate init(owning cancel: OpaquePointer) {
    self.cancel = cancel
  }

  deinit { PQfreeCancel(cancel) }

  /// The right for `connection`, or nil when libpq is out of memory.
  convenience init?(of connection: OpaquePointer) {
    guard let cancel = PQgetCancel(connection) else { return nil }
    self.init(owning: cancel)
  }

  /// Asks the server to stop; returns when it has passed that on. Blocks: only on a thread of its own.
  func send() {
    var message = [CChar](repeating: 0, count: 256)
    // Whether it arrived is seen on the connection itself: the statement ends, or the clean-up time does.
    _ = PQcancel(cancel, &message, Int32(message.count))
  }
}
