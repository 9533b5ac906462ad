import Foundation
import Queue
import Settings
import Testing

@testable import APIService
@testable import Cache

@Suite struct FindingTests {
  @Test(
    "Each finding is a line, with its remedy; only failures end the command with a code, the unreachable first"
  )
  func report() throws {
    let fine = DoctorReport([.ok("a", "well"), .warning("bc", "so so", "mend it")])
    #expect(fine.text == "ok       a   well\nwarning  bc  so so: mend it")
    #expect(fine.failure == nil)
    let broken = DoctorReport([.ok("a", "well"), .failed("b", "bad", "x")])
    #expect(broken.failure?.exitCode == .failure)
    #expect(broken.failure?.description == "1 of 2 checks failed")
    let away = DoctorReport([.failed("b", "bad", "x"), .unreachable("c", "gone", "y")])
    #expect(away.failure?.exitCode == .unavailable)
    #expect(try fine.json.contains(#"{"check":"a","detail":"well","level":"ok"}"#))
  }

  @Test(
    "A clock counts as off by what the round trip cannot explain",
    arguments: [(100.0, 0.0), (100.4, 0.0), (99.5, -0.5), (103.0, 2.5), (90.0, -10.0)])
  func skew(server: Double, seconds: Double) {
    let before = Date(timeIntervalSince1970: 100)
    let skew = ClockSkew(server: server, before: before, after: before.addingTimeInterval(0.5))
    #expect(abs(skew.seconds - seconds) < 0.001)
    #expect(skew.findings("clock").map(\.level) == (abs(seconds) >= 1 ? [.warning] : []))
  }

  @Test(
    "A cache must be a master; one that cannot evict, or has no limit, is worth a warning",
    arguments: [
      ("role:master\r\nmaxmemory_policy:allkeys-lfu\r\nmaxmemory:1\r\n", .ok),
      ("role:slave\r\nmaxmemory_policy:allkeys-lfu\r\nmaxmemory:1\r\n", .failed),
      ("role:master\r\nmaxmemory_policy:noeviction\r\nmaxmemory:1\r\n", .warning),
      ("role:master\r\nmaxmemory_policy:allkeys-lfu\r\nmaxmemory:0\r\n", .warning), ("", .warning),
    ] as [(String, Finding.Level)])
  func cache(info: String, level: Finding.Level) {
    #expect(ServerInfo(info).cacheFindings.map(\.level) == [level])
  }

  @Test("Two roles on one server are told apart by nobody but the warning")
  func shared() {
    let (one, other) = (ServerInfo("run_id:a"), ServerInfo("run_id:b"))
    #expect(Doctor.shared(one, one).map(\.level) == [.warning])
    #expect(Doctor.shared(one, other).isEmpty)
    #expect(Doctor.shared(ServerInfo(""), ServerInfo("")).isEmpty)
    #expect(Doctor.shared(nil, one).isEmpty)
  }

  @Test("A queue must keep everything, on disk before it is acknowledged")
  func queue() {
    let good = QueueServerReport(
      info: "redis_version:7.2.0\nmaxmemory_policy:noeviction\naof_enabled:1\nrole:master")
    #expect(Doctor.judge(good, dead: 0, syncs: "always").map(\.level) == [.ok])
    #expect(Doctor.judge(good, dead: 0, syncs: nil).map(\.level) == [.ok])
    #expect(Doctor.judge(good, dead: 0, syncs: "everysec").map(\.level) == [.warning])
    #expect(Doctor.judge(good, dead: 2, syncs: "always").map(\.check) == ["queue policy", "dead events"])
    let evicting = QueueServerReport(
      info: "redis_version:7.2.0\nmaxmemory_policy:allkeys-lru\naof_enabled:1\nrole:master")
    #expect(Doctor.judge(evicting, dead: 0, syncs: nil).map(\.level) == [.failed])
    let forgetful = QueueServerReport(
      info: "redis_version:7.2.0\nmaxmemory_policy:noeviction\naof_enabled:0\nrole:master")
    #expect(Doctor.judge(forgetful, dead: 0, syncs: "no").map(\.level) == [.warning])
  }

  @Test("Hits that do not count are worth a warning")
  func trust() {
    #expect(Doctor.trust(nil).level == .ok)
    for distrust in CacheDistrust.allCases { #expect(Doctor.trust(distrust).level == .warning) }
  }
}

@Suite struct DatabaseFindingTests {
  private static let primary = DatabaseFacts(
    version: "15.4", versionNumber: 150_004, isReplica: false, role: "app", isSuperuser: false,
    mayCreate: false,
    system: "1", clock: 0, unreachableTables: [], position: 100 << 20)

  private static func facts(_ change: (inout DatabaseFacts) -> Void) -> DatabaseFacts {
    var facts = primary
    change(&facts)
    return facts
  }

  @Test("The primary takes writes and is not too old")
  func judgesPrimary() {
    #expect(Self.primary.primaryFindings.map(\.level) == [.ok])
    #expect(Self.facts { $0.isReplica = true }.primaryFindings.map(\.level) == [.failed])
    #expect(Self.facts { $0.versionNumber = 120_000 }.primaryFindings.map(\.level) == [.failed])
  }

  @Test("A superuser, and a role that may create, are warnings; one without its rights is a failure")
  func judgesRole() {
    #expect(Self.primary.roleFindings.map(\.level) == [.ok])
    #expect(Self.facts { $0.isSuperuser = true }.roleFindings.map(\.level) == [.warning])
    #expect(Self.facts { $0.mayCreate = true }.roleFindings.map(\.level) == [.warning])
    let poor = Self.facts { $0.unreachableTables = ["messages"] }.roleFindings
    #expect(poor.map(\.level) == [.failed])
    #expect(poor.first?.detail.contains("messages") == true)
  }

  @Test("A replica replicates this very primary, and is not far behind")
  func judgesReplica() {
    let replica = Self.facts { $0.isReplica = true }
    #expect(replica.replicaFinding("r", of: Self.primary).level == .ok)
    #expect(replica.replicaFinding("r", of: nil).level == .ok)
    #expect(Self.primary.replicaFinding("r", of: Self.primary).level == .failed)
    let stranger = Self.facts {
      $0.isReplica = true
      $0.system = "2"
    }
    #expect(stranger.replicaFinding("r", of: Self.primary).level == .failed)
    let late = Self.facts {
      $0.isReplica = true
      $0.position = 1 << 20
    }
    #expect(late.replicaFinding("r", of: Self.primary).level == .warning)
  }

  @Test("Migrations are those of this release, unchanged")
  func judgesMigrations() {
    let bundled = [Migration(name: "0001_a", sql: "A"), Migration(name: "0002_b", sql: "B")]
    let sums = Dictionary(uniqueKeysWithValues: bundled.map { ($0.name, $0.checksum) })
    func level(_ applied: [String: String]) -> Finding.Level {
      MigrationState(applied: applied, bundled: bundled).finding.level
    }
    #expect(level(sums) == .ok)
    #expect(level([:]) == .failed)
    #expect(level(sums.merging(["0002_b": "other"]) { $1 }) == .failed)
    #expect(level(sums.merging(["0003_c": "later"]) { $1 }) == .warning)
  }
}
