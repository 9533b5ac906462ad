import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("What a Redis that swallows everything costs a reader")
  struct BlackHoleTests {
    /// One request at a time, in turn to an instance without a cache, to one whose Redis is a black hole, and to a timer
    /// of 50 ms, so that each of them meets the same machine.
    @Test("Fifty milliseconds over Postgres until the breaker opens, one from then on")
    func latency() async throws {
      try await LocalSystem.run { system in
        let address = try await TCPProxy.start(to: system.cacheRedis.port)
        let bench = LatencyBench(
          uncached: try await system.startAPI(["CACHE_MODE": "off"]),
          cached: try await system.startAPI(["REDIS_CACHE_URL": "redis://127.0.0.1:\(address.port)"]),
          id: try await system.startAPI().register(Name.externalID(), owner: "patient").id)
        var report = LatencyReport()
        for _ in 0..<ConsistencyForm.current.pick(3, 20) {
          try await bench.awaitHit()
          try await address.blackHole()
          try await bench.measure(&report)
          try await address.forward()
        }
        FaultReport.tell("\(report)")
        report.expectPromises()
      }
    }
  }
}

/// Times of the same read on two instances.
private struct LatencyReport: CustomStringConvertible {
  /// Readers wait for Redis in vain. Rows: the read, the one without a cache right before or after it, the timer.
  var waiting = Measurements()
  /// They do not even ask. Rows: the read, the one without a cache.
  var open = Measurements()

  var description: String {
    func line(_ name: String, _ measurements: Measurements, _ column: Int) -> String {
      let values = [0.5, 0.9, 0.99].map {
        String(format: "%8.2f", measurements.quantile($0, column: column))
      }
      return name.padding(toLength: 44, withPad: " ", startingAt: 0)
        + ([String(format: "%6d", measurements.count)] + values).joined(separator: " ")
    }
    return [
      "Redis black-holed, ms".padding(toLength: 44, withPad: " ", startingAt: 0)
        + "     n      p50      p90      p99",
      line("until the breaker opens: reads", waiting, 0), line("  meanwhile without a cache", waiting, 1),
      line("  meanwhile a timer of 50 ms", waiting, 2), line("with the breaker open: reads", open, 0),
      line("  meanwhile without a cache", open, 1),
    ].joined(separator: "\n")
  }

  func expectPromises() {
    #expect(waiting.count >= 40)
    #expect(open.count >= 500)
    #expect(waiting.certainExcess(at: 0.99) <= 0)
    #expect(open.certainExcess(at: 0.99) <= 1)
    // The tail of few requests proves little; the middle of them shows what is added to each. Giving up wakes more
    // threads than the timer here does.
    #expect(waiting.certainExcess(at: 0.5) <= 2)
    #expect(open.certainExcess(at: 0.5) <= 1)
  }
}

private struct LatencyBench {
  private static let openReads = ConsistencyForm.current.pick(200, 400)

  let uncached: API
  let cached: API
  let id: String

  func awaitHit() async throws {
    #expect(try await eventually(within: .seconds(20)) { try await read(cached).isHit })
  }

  /// Until the breaker has been open for a while.
  func measure(_ report: inout LatencyReport) async throws {
    var openReads = 0
    var turn = 0
    while openReads < Self.openReads {
      turn += 1
      let before = turn.isMultiple(of: 2) ? try await time(uncached).duration : nil
      let (answer, duration) = try await time(cached)
      let reference = if let before { before } else { try await time(uncached).duration }
      switch answer.field("Cache-Status") {
      case "redis; fwd=bypass; detail=late":
        report.waiting.add([duration, reference, try await timer()])
      case "redis; fwd=bypass; detail=breaker-open":
        report.open.add([duration, reference])
        openReads += 1
      default: throw IntegrationError("in a black hole: \(answer)")
      }
      guard turn < 2000 else { throw IntegrationError("the breaker stays closed") }
    }
  }

  private func read(_ api: API) async throws -> Answer {
    try await api.client("patient").get("/conversations/\(id)")
  }

  private func time(_ api: API) async throws -> (answer: Answer, duration: Duration) {
    let start = ContinuousClock.now
    let answer = try await read(api)
    #expect(answer.status == 200)
    return (answer, ContinuousClock.now - start)
  }

  private func timer() async throws -> Duration {
    let start = ContinuousClock.now
    try await Task.sleep(for: .milliseconds(50), tolerance: .zero)
    return ContinuousClock.now - start
  }
}
