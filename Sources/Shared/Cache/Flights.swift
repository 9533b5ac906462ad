internal import EventLoops
internal import NIOConcurrencyHelpers
internal import Telemetry

/// The loads under way in this process, one per key.
///
/// The cache joins them by key *and epoch*: a caller may share a load only if Redis showed it, after it began, the
/// epoch the load was started under. By key alone it could get what was read before the last write.
final class Flights<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  typealias Load = @Sendable () async throws -> Value
  private typealias Place = (flight: Flight<Value>, arrival: Int)

  private let flights = NIOLockedValueBox<[Key: Flight<Value>]>([:])

  /// Waits for the load under way; nil when there is none. Its error is everybody's.
  func join(_ key: Key) async throws -> Value? {
    let place = flights.withLockedValue { flights in flights[key].map { ($0, $0.arrive()) } }
    guard let (flight, arrival) = place else { return nil }
    return try await flight.value(for: arrival)
  }

  /// Joins the load under way, or starts one.
  func joinOrStart(_ key: Key, load: @escaping Load) async throws -> Value {
    let (place, isNew): (Place, Bool) = flights.withLockedValue { flights in
      if let flight = flights[key] { return ((flight, flight.arrive()), false) }
      return (Self.open(&flights, key), true)
    }
    if isNew { run(place.flight, key, load: load, afterwards: { _ in }) }
    return try await place.flight.value(for: place.arrival)
  }

  /// Starts a load, also beside one under way, which keeps its callers and gets no new ones.
  ///
  /// - Parameter afterwards: runs when the callers have been answered; until it ends the result can be joined.
  func start(
    _ key: Key, load: @escaping Load,
    afterwards: @escaping @Sendable (Result<Value, any Error>) async -> Void
  ) async throws -> Value {
    let place = flights.withLockedValue { Self.open(&$0, key) }
    run(place.flight, key, load: load, afterwards: afterwards)
    return try await place.flight.value(for: place.arrival)
  }

  private static func open(_ flights: inout [Key: Flight<Value>], _ key: Key) -> Place {
    let flight = Flight<Value>()
    flights[key] = flight
    return (flight, flight.arrive())
  }

  private func run(
    _ flight: Flight<Value>, _ key: Key, load: @escaping Load,
    afterwards: @escaping @Sendable (Result<Value, any Error>) async -> Void
  ) {
    // Bare task: everybody who waits for the flight awaits it, and it outlives any one of them, and their deadlines.
    Task(executorPreference: LoopExecutor.current) { [self] in
      await RequestDeadline.without {
        let result = await Result(catching: load)
        // A failure is not for those who come later.
        if case .failure = result { remove(flight, key) }
        flight.land(result)
        await afterwards(result)
        remove(flight, key)
      }
    }
  }

  private func remove(_ flight: Flight<Value>, _ key: Key) {
    flights.withLockedValue { flights in
      if flights[key] === flight { flights[key] = nil }
    }
  }
}

extension Result where Failure == any Error {
  init(catching body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
