import Synchronization
import TestSupport

@testable import Cache

/// What the caches of a test have reported.
final class EventLog: Sendable {
  private let log = Mutex<[CacheEvent]>([])

  var events: [CacheEvent] { log.withLock { $0 } }

  func append(_ event: CacheEvent) { log.withLock { $0.append(event) } }

  func count(_ event: CacheEvent) -> Int { events.count { $0 == event } }

  /// Whether the event came, or comes soon.
  func has(_ event: CacheEvent, times: Int = 1) async throws -> Bool {
    try await eventually { count(event) >= times }
  }
}
