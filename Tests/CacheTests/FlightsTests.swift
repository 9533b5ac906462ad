import Telemetry
import TestSupport
import Testing

@testable import Cache

@Suite("Flights")
struct FlightsTests {
  private typealias NumberFlights = Flights<String, Int>

  @Test("A load is joined while it lasts and until what comes after it has ended")
  func joined() async throws {
    let flights = NumberFlights()
    let load = Stop()
    let afterwards = Stop()
    #expect(try await flights.join("key") == nil)
    async let first = try await flights.start("key") {
      await load.wait()
      return 1
    } afterwards: { _ in
      await afterwards.wait()
    }
    #expect(try await eventually { await load.isReached })
    async let second = try await flights.joinOrStart("key") { 2 }
    #expect(try await flights.joinOrStart("other") { 3 } == 3)
    await load.release()
    #expect(try await first == 1)
    #expect(try await second == 1)
    #expect(try await flights.join("key") == 1)
    await afterwards.release()
    #expect(try await eventually { try await flights.join("key") == nil })
  }

  @Test("Each who waits does so until the deadline of their own request; the load goes on without one")
  func deadlines() async throws {
    let flights = NumberFlights()
    let direct = DirectLoads<String, Int>(limit: 1)
    let load = Stop()
    let patient = Task {
      try await flights.joinOrStart("key") {
        await load.wait()
        return RequestDeadline.instant == nil ? 1 : 0
      }
    }
    #expect(try await eventually { await load.isReached })
    await #expect(throws: RequestDeadline.Exceeded()) {
      try await RequestDeadline.within(.milliseconds(20)) { try await flights.joinOrStart("key") { 2 } }
    }
    await #expect(throws: RequestDeadline.Exceeded()) {
      try await RequestDeadline.within(.milliseconds(20)) {
        try await direct.value(for: "key") {
          await load.wait()
          return 3
        }
      }
    }
    let hurried = try await RequestDeadline.within(.seconds(60)) {
      try await flights.joinOrStart("other") { RequestDeadline.instant == nil ? 4 : 0 }
    }
    #expect(hurried == 4)
    await load.release()
    #expect(try await patient.value == 1)
  }

  @Test("A failure reaches all who wait and nobody after them")
  func failure() async throws {
    let flights = NumberFlights()
    let load = Stop()
    let waiting = (0..<3).map { _ in
      Task {
        try await flights.joinOrStart("key") {
          await load.wait()
          throw Database.Unreachable()
        }
      }
    }
    #expect(try await eventually { await load.isReached })
    await load.release()
    for task in waiting { await #expect(throws: Database.Unreachable.self) { try await task.value } }
    #expect(try await flights.joinOrStart("key") { 4 } == 4)
  }

  @Test("A second load beside the first takes the newcomers, the first keeps its own")
  func beside() async throws {
    let flights = NumberFlights()
    let (early, late) = (Stop(), Stop())
    async let first = try await flights.joinOrStart("key") {
      await early.wait()
      return 1
    }
    #expect(try await eventually { await early.isReached })
    async let second = try await flights.start("key") {
      await late.wait()
      return 2
    } afterwards: { _ in
    }
    #expect(try await eventually { await late.isReached })
    async let third = try await flights.join("key")
    await early.release()
    #expect(try await first == 1)
    await late.release()
    #expect(try await second == 2)
    #expect([2, nil].contains(try await third))
  }

  @Test("Whoever is cancelled leaves at once, before or while waiting", arguments: [true, false])
  func cancelled(early: Bool) async throws {
    let flights = NumberFlights()
    let load = Stop()
    let task = Task {
      if early { withUnsafeCurrentTask { $0?.cancel() } }
      return try await flights.joinOrStart("key") {
        await load.wait()
        return 1
      }
    }
    #expect(try await eventually { await load.isReached })
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    async let other = try await flights.join("key")
    await load.release()
    #expect([1, nil].contains(try await other))
  }
}

/// Where a task waits until the test lets it go on.
actor Stop {
  private(set) var isReached = false
  private var isReleased = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func wait() async {
    isReached = true
    if !isReleased { await withCheckedContinuation { waiting.append($0) } }
  }

  func release() {
    isReleased = true
    for continuation in waiting { continuation.resume() }
    waiting = []
  }
}
