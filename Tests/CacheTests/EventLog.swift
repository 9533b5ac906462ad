import Synchronization
import TestSupport

@testable import Cache

/// What the caches of a test have reported.
final class EventLog<Event: Sendable & Equatable>: Sendable {
  private let log = Mutex<[Event]>([])

  var events: [Event] { log.withLock { $0 } }

  func append(_ event: Event) { log.withLock { $0.append(event) } }

  func removeAll() { log.withLock { $0 = [] } }

  func count(_ event: Event) -> Int { events.count { $0 == event } }

  /// Whether the event came, or comes soon.
  func has(_ event: Event, times: Int = 1) async throws -> Bool {
    try await eventually { count(event) >= times }
  }
}
