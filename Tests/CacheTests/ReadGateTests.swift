import Keyspace
import NIOConcurrencyHelpers
import NIOCore
import Redis
import TestSupport
import Testing

@testable import Cache

/// A gate that asks Redis for a number and takes down what it is told.
private final class TestGate: ReadGate {
  struct Closed: Error {}

  let call: RedisScriptCall
  private let isOpen: Bool
  private let told = NIOLockedValueBox<[RedisReply?]>([])

  init(isOpen: Bool = true, _ source: String = "#!lua\nreturn 7") {
    self.isOpen = isOpen
    call = RedisScriptCall(RedisScript(name: "gate", source: source), keys: ["gate"], arguments: [])
  }

  var replies: [RedisReply?] { told.withLockedValue { $0 } }

  func judge(_ reply: RedisReply?) throws {
    told.withLockedValue { $0.append(reply) }
    if !isOpen { throw Closed() }
  }
}

@Suite("Gates in front of reads")
struct ReadGateTests {
  private static func read(
    _ rig: CacheRig, _ database: Database, _ gate: any ReadGate, known: EntityTags = EntityTags(),
    field: CacheField = .body
  ) async throws -> CacheAnswer {
    try await rig.cache.read(rig.conversation, field, for: ReadTerms(known: known, gate: gate)) {
      try await database.load($0)
    }
  }

  @Test(
    "A gate is asked once per read, be it a miss, a hit, a reader who has the body, or one who has another")
  func once() async throws {
    try await CacheRig.with { rig in
      let database = Database()
      let gates = (0..<4).map { _ in TestGate() }
      let miss = try await Self.read(rig, database, gates[0])
      #expect(miss.status == .miss)
      #expect(try await rig.events.has(.fill(.stored)))
      #expect(try await Self.read(rig, database, gates[1]).status.isHit)
      let known = EntityTags([miss.value.etag])
      #expect(try await Self.read(rig, database, gates[2], known: known).value.isKnown)
      let other = EntityTags(["\"another\""])
      #expect(try await !Self.read(rig, database, gates[3], known: other).value.isKnown)
      for gate in gates { #expect(gate.replies == [.integer(7)]) }
    }
  }

  @Test("The question goes with the lookup: both are one read of the server's socket")
  func roundTrips() async throws {
    let server = try await RedisServer.start()
    try await CacheRig.with(url: server.url) { rig in
      let database = Database()
      _ = try await Self.read(rig, database, TestGate())
      #expect(try await rig.events.has(.fill(.stored)))
      let before = try await Self.socketReads(rig)
      for _ in 0..<400 { #expect(try await Self.read(rig, database, TestGate()).status.isHit) }
      // Two for each would be 800; some are the relay's.
      #expect(try await Self.socketReads(rig) - before < 650)
    }
    try await server.stop()
  }

  private static func socketReads(_ rig: CacheRig) async throws -> Int {
    let stats = try await rig.redis.execute(RedisCommand("INFO", "stats")).string ?? ""
    let line = stats.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_reads_processed:") }
    return try #require(line.flatMap { Int($0.dropFirst("total_reads_processed:".count)) })
  }

  @Test("A closed gate ends each read, and nothing is loaded")
  func closed() async throws {
    try await CacheRig.with { rig in
      let database = Database()
      let etag = try await Self.read(rig, database, TestGate()).value.etag
      #expect(try await rig.events.has(.fill(.stored)))
      let loads = await database.loads
      for known in [EntityTags(), EntityTags([etag]), EntityTags(["\"another\""])] {
        for field in [CacheField.body, .messages(page: 1, limit: 1)] {
          let gate = TestGate(isOpen: false)
          await #expect(throws: TestGate.Closed.self) {
            try await Self.read(rig, database, gate, known: known, field: field)
          }
          #expect(gate.replies == [.integer(7)])
        }
      }
      await #expect(throws: TestGate.Closed.self) {
        try await rig.cache.readUncached(for: ReadTerms(gate: TestGate(isOpen: false))) {
          try await database.load($0)
        }
      }
      await #expect(throws: TestGate.Closed.self) { try await rig.cache.pass(TestGate(isOpen: false)) }
      #expect(await database.loads == loads)
    }
  }

  @Test("With the cache switched off the gate is asked all the same")
  func off() async throws {
    var settings = CacheSettings.patient
    settings.mode = .off
    try await CacheRig.with(settings: settings) { rig in
      let database = Database()
      let gate = TestGate()
      let answer = try await Self.read(rig, database, gate)
      #expect(answer.status == .bypass(.off))
      #expect(gate.replies == [.integer(7)])
      await #expect(throws: TestGate.Closed.self) {
        try await Self.read(rig, database, TestGate(isOpen: false))
      }
      #expect(await database.loads == 1)
    }
  }

  @Test("Without Redis the gate is told so, once per read, and may still be closed")
  func stopped() async throws {
    let server = try await RedisServer.start()
    try await CacheRig.with(url: server.url) { rig in
      let database = Database()
      try await server.stop()
      // More than open the breaker.
      for _ in 0..<10 {
        let gate = TestGate()
        guard case .bypass = try await Self.read(rig, database, gate).status else {
          Issue.record("not a bypass without Redis")
          return
        }
        #expect(gate.replies == [nil])
      }
      let loads = await database.loads
      for known in [EntityTags(), EntityTags(["\"another\""])] {
        await #expect(throws: TestGate.Closed.self) {
          try await Self.read(rig, database, TestGate(isOpen: false), known: known)
        }
      }
      #expect(await database.loads == loads)
    }
  }

  @Test("A script that the server has lost is sent again; one that fails does not spoil the read")
  func scripts() async throws {
    let server = try await RedisServer.start()
    try await CacheRig.with(url: server.url) { rig in
      let database = Database()
      _ = try await Self.read(rig, database, TestGate())
      #expect(try await rig.events.has(.fill(.stored)))
      _ = try await rig.redis.execute(RedisCommand("SCRIPT", "FLUSH"))
      let lost = TestGate()
      #expect(try await Self.read(rig, database, lost).status.isHit)
      #expect(lost.replies == [.integer(7)])
      let failing = TestGate("#!lua\nreturn redis.error_reply('ERR no')")
      #expect(try await Self.read(rig, database, failing).status.isHit)
      #expect(failing.replies == [nil])
      try await rig.cache.pass(failing)
      #expect(failing.replies == [nil, nil])
      #expect(rig.events.count(.breakerOpened) == 0)
    }
    try await server.stop()
  }
}
