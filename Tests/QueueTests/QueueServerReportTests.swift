import Queue
import Testing

@Suite("Server report")
struct QueueServerReportTests {
  private func report(_ lines: String...) -> QueueServerReport {
    QueueServerReport(info: "# Server\r\n" + lines.map { $0 + "\r\n" }.joined())
  }

  @Test("A server fit for the queue")
  func fit() {
    let report = report("redis_version:7.0.15", "role:master", "maxmemory_policy:noeviction", "aof_enabled:1")
    #expect(report.refusals == [])
    #expect(report.warnings == [])
  }

  @Test("An evicting server is refused", arguments: ["allkeys-lru", "volatile-ttl", "allkeys-random"])
  func evicting(policy: String) {
    let report = report("redis_version:7.2.0", "maxmemory_policy:\(policy)", "aof_enabled:1")
    #expect(report.refusals.count == 1)
    #expect(report.refusals.first?.contains(policy) == true)
  }

  @Test(
    "An old server is refused, a new one is not", arguments: [("6.2.14", 1), ("7.0.0", 0), ("10.1.2", 0)])
  func version(version: String, refusals: Int) {
    let report = report("redis_version:\(version)", "maxmemory_policy:noeviction", "aof_enabled:1")
    #expect(report.refusals.count == refusals)
  }

  @Test("A replica is refused")
  func replica() {
    let report = report("redis_version:7.0.0", "role:slave", "maxmemory_policy:noeviction", "aof_enabled:1")
    #expect(report.refusals.count == 1)
  }

  @Test("No append-only file, or what a managed server hides, is a warning")
  func warnings() {
    #expect(report("redis_version:7.0.0", "maxmemory_policy:noeviction", "aof_enabled:0").warnings.count == 1)
    let silent = report()
    #expect(silent.warnings.count == 3)
    #expect(silent.refusals == [])
  }
}
