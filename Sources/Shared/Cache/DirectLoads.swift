internal import EventLoops
internal import NIOConcurrencyHelpers
internal import Telemetry

/// Loads without Redis: at most one per key reads at a time, and a limited number of keys.
///
/// With no epoch to compare, a caller may share a load only while its query has not been sent; whoever comes later
/// shares the next one of its key, which starts when the current one has ended. So a key costs the database one
/// query at a time whatever the crowd, and nobody gets what was read before they asked.
final class DirectLoads<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  typealias Load = @Sendable () async throws -> Value
  private typealias Place = (flight: Flight<Value>, arrival: Int, isFirst: Bool)

  /// A key that is being read, with what follows.
  private struct Reading {
    var next: (flight: Flight<Value>, load: Load)?
  }

  private let readings = NIOLockedValueBox<[Key: Reading]>([:])
  private let limit: Int

  /// - Parameter limit: the number of keys read at a time.
  init(limit: Int) { self.limit = limit }

  /// Loads, or shares a load that has yet to begin.
  ///
  /// - Throws: ``CacheError/Code/overloaded`` at once when the limit is reached; whatever the load throws.
  func value(for key: Key, load: @escaping Load) async throws -> Value {
    let place = readings.withLockedValue { board(&$0, key, load) }
    guard let place else { throw CacheError(.overloaded, "\(limit) loads without Redis are under way") }
    if place.isFirst { run(place.flight, key, load) }
    return try await place.flight.value(for: place.arrival)
  }

  private func board(_ readings: inout [Key: Reading], _ key: Key, _ load: @escaping Load) -> Place? {
    if let next = readings[key]?.next { return (next.flight, next.flight.arrive(), false) }
    let isFirst = readings[key] == nil
    if isFirst, readings.count >= limit { return nil }
    let flight = Flight<Value>()
    readings[key] = Reading(next: isFirst ? nil : (flight, load))
    return (flight, flight.arrive(), isFirst)
  }

  private func run(_ flight: Flight<Value>, _ key: Key, _ load: @escaping Load) {
    // Bare task: everybody who waits for the flight awaits it, and it outlives any one of them.
    Task(executorPreference: LoopExecutor.current) { [self] in
      let result = await RequestDeadline.without { await Result(catching: load) }
      // Before the answers, so that a caller who comes back with the next question finds its place free.
      let next = advance(key)
      flight.land(result)
      if let next { run(next.flight, key, next.load) }
    }
  }

  /// What follows for the key, if somebody still waits for it; the key is free without.
  private func advance(_ key: Key) -> (flight: Flight<Value>, load: Load)? {
    readings.withLockedValue { readings in
      guard let next = readings[key]?.next, next.flight.isAwaited else {
        readings[key] = nil
        return nil
      }
      readings[key] = Reading(next: nil)
      return next
    }
  }
}
