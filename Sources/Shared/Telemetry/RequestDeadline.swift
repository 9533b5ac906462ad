internal import NIOConcurrencyHelpers

/// When the answer to the request that is being served is due. The clients of Redis and Postgres wait no longer,
/// whatever their own timeouts, so that nobody passes it on by hand.
///
/// What serves others as well, a shared load or a job in the background, is started with ``without(_:)``: tasks inherit
/// it.
package final class RequestDeadline: Sendable {
  /// The request was not answered in time.
  package struct Exceeded: Error, Sendable, Equatable {
    package init() {}
  }

  @TaskLocal private static var current: RequestDeadline?

  private let limit: Duration
  private let due: NIOLockedValueBox<ContinuousClock.Instant>

  private init(_ limit: Duration) {
    self.limit = limit
    due = NIOLockedValueBox(.now + limit)
  }

  /// Nil where no request is being served.
  package static var instant: ContinuousClock.Instant? {
    current?.due.withLockedValue { $0 }
  }

  /// The earlier of the request's deadline and one's own.
  package static func earlier(of own: ContinuousClock.Instant) -> ContinuousClock.Instant {
    instant.map { min($0, own) } ?? own
  }

  /// Whether it has passed.
  package static var isOver: Bool {
    instant.map { $0 <= .now } ?? false
  }

  /// Serves a request that is due after `limit`.
  package static func within<Value>(
    _ limit: Duration, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
  ) async rethrows -> Value {
    try await $current.withValue(RequestDeadline(limit), operation: body)
  }

  /// Does what is not, or not only, for the request at hand.
  package static func without<Value>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
  ) async rethrows -> Value {
    try await $current.withValue(nil, operation: body)
  }

  /// Calls `ring` when the request's time is over, unless what is returned is taken back before. Nil where no request is
  /// being served.
  package static func alarm(_ ring: @escaping @Sendable () -> Void) -> Alarm? {
    instant.map { Alarm(id: DeadlineAlarm.shared.add($0, ring)) }
  }

  /// To be taken back.
  package struct Alarm: Sendable {
    fileprivate let id: Int

    package func cancel() { DeadlineAlarm.shared.remove(id) }
  }

  /// Gives the request its whole time again: until now it was its sender who took it, for the body.
  package static func restart() {
    guard let current else { return }
    current.due.withLockedValue { $0 = .now + current.limit }
  }
}
