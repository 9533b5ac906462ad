import Conversations
import Keyspace
import NIOCore
import Redis
import Testing

@testable import Cache

@Suite("CacheKeys")
struct CacheKeysTests {
  @Test("The keys of a group share a hash tag; only values carry the schema")
  func keys() throws {
    let id = try #require(ConversationID("8c5dd1a0-0b8a-4f5e-9e57-0d4b0d3f1c11"))
    let group = CacheGroup.conversation(id)
    let keys = CacheKeys()
    #expect(keys.epoch(of: group) == "conversation:{8c5dd1a0-0b8a-4f5e-9e57-0d4b0d3f1c11}:epoch")
    #expect(
      keys.value(of: .body, in: group) == "conversation:{8c5dd1a0-0b8a-4f5e-9e57-0d4b0d3f1c11}:v3:body")
    #expect(
      keys.lease(of: .messages(page: 2, limit: 50), in: group)
        == "conversation:{8c5dd1a0-0b8a-4f5e-9e57-0d4b0d3f1c11}:lease:messages:2:50")
  }

  @Test("A user's lists, by filter and page, under the prefix")
  func lists() throws {
    let group = CacheGroup.user(try #require(UserID("auth0|anna")))
    let field = CacheField.conversations(status: .active, transcriptReceived: true, page: 1, limit: 50)
    let keys = CacheKeys(prefix: "staging:")
    #expect(keys.value(of: field, in: group) == "staging:user:{auth0|anna}:v3:conversations:active:true:1:50")
    #expect(
      CacheField.conversations(status: nil, transcriptReceived: nil, page: 3, limit: 9).name
        == "conversations:any:any:3:9")
  }
}

@Suite("Cache values")
struct CacheValuesTests {
  @Test("Only what the scripts write is a record")
  func records() {
    let epoch = CacheEpoch.random()
    let record = { (text: String) in EpochRecord(ByteBuffer(string: text)) }
    #expect(record("\(epoch.text)|?") == EpochRecord(epoch: epoch, floor: nil))
    #expect(record("\(epoch.text)|00000000000000ff") == EpochRecord(epoch: epoch, floor: 255))
    let foreign = [
      "", "|", "\(epoch.text)", "\(epoch.text)|", "\(epoch.text)|ff", "\(epoch.text)|00000000000000FF",
      "\(epoch.text)|??", "x\(epoch.text)|?", "\(epoch.text.dropFirst())|?", "\(epoch.text)|? ",
    ]
    for text in foreign { #expect(record(text) == nil, "\(text)") }
  }

  @Test("A verdict needs both keys and equal epochs")
  func verdicts() throws {
    let lease = CacheLease(epoch: .random(), floor: nil, token: "t")
    let load = LoadedValue(CacheLoad(body: ByteBuffer(string: "{}"), owner: "anna"), cost: .zero)
    let value = try #require(StorableValue(load, epoch: lease.epoch, settings: CacheSettings(), jitter: 0))
    let bulk = { (text: String) in RedisReply.bulk(ByteBuffer(string: text)) }
    let verdict = { (parts: [RedisReply]) in
      CacheVerdict(.array(parts + [bulk("run|data|1")]), server: "run|data", acceptsUnverified: false, now: 0)
    }
    let current = EpochRecord(epoch: lease.epoch, floor: nil)
    guard case .hit(let hit) = verdict([bulk("\(lease.epoch.text)|?"), .bulk(value.bytes)]) else {
      Issue.record("no hit")
      return
    }
    #expect(hit.value == load.value)
    let other = CacheEpoch.random()
    #expect(
      verdict([bulk("\(other.text)|?"), .bulk(value.bytes)])
        == .miss(CacheMiss(record: EpochRecord(epoch: other, floor: nil), isStale: true, distrust: nil)))
    #expect(
      verdict([.null, .bulk(value.bytes)]) == .miss(CacheMiss(record: nil, isStale: true, distrust: nil)))
    #expect(
      verdict([bulk("?"), .bulk(value.bytes)]) == .miss(CacheMiss(record: nil, isStale: true, distrust: nil)))
    #expect(
      verdict([bulk("\(lease.epoch.text)|?"), .null])
        == .miss(CacheMiss(record: current, isStale: false, distrust: nil)))
    #expect(verdict([.null]) == nil)
    #expect(CacheVerdict(.null, server: "run|data", acceptsUnverified: false, now: 0) == nil)
  }

  @Test("A life is 270 to 300 s, refreshed after four fifths; an absence lives 15 to 30 s")
  func lifetimes() {
    let settings = CacheSettings()
    let life = { ValueLifetime(isNegative: $0, settings: settings, jitter: $1) }
    #expect((life(false, 0).hard, life(false, 0).soft) == (300_000, 240_000))
    #expect((270_000...270_100).contains(life(false, 0.9999).hard))
    #expect(life(true, 0).hard == 15_000)
    #expect((29_900...30_000).contains(life(true, 0.9999).hard))
  }

  @Test("The TTL setting bounds absences too, and the shortest life is not none")
  func shortLifetimes() {
    var settings = CacheSettings()
    settings.timeToLive = .seconds(5)
    #expect(ValueLifetime(isNegative: true, settings: settings, jitter: 0.5).hard == 5_000)
    settings.timeToLive = .zero
    #expect(ValueLifetime(isNegative: false, settings: settings, jitter: 0.5).hard == 1)
  }

  @Test("The waits are 5, 10, 20, 40 ms and go on to the limit")
  func waits() {
    let waits = Array(WaitSchedule(limit: .milliseconds(150)))
    #expect(waits == [5, 10, 20, 40, 40, 35].map { .milliseconds($0) })
    #expect(Array(WaitSchedule(limit: .zero)) == [])
  }

  @Test(
    "The status as RFC 9211 writes it",
    arguments: [
      (CacheStatus.hit(ttl: 231), "redis; hit; ttl=231"), (.miss, "redis; fwd=miss"),
      (.stale, "redis; fwd=stale"), (.bypass(.breakerOpen), "redis; fwd=bypass; detail=breaker-open"),
    ])
  func statuses(status: CacheStatus, text: String) {
    #expect(status.text == text)
  }

  @Test("What Redis refuses is not taken for an outage")
  func outcomes() {
    #expect(CircuitBreaker.Outcome(RedisError(.serverError, "OOM command not allowed")) == .success)
    #expect(CircuitBreaker.Outcome(RedisError(.serverError, "LOADING Redis is loading")) == .failure)
    #expect(CircuitBreaker.Outcome(RedisError(.timedOut, "")) == .failure)
    #expect(CircuitBreaker.Outcome(RedisError(.notConnected, "")) == .noConnection)
  }
}

@Suite("RedisClock")
struct RedisClockTests {
  @Test("It goes by what Redis said last")
  func offset() {
    let clock = RedisClock()
    let own = clock.now
    clock.observe(Int64(own) - 3_600_000)
    #expect(clock.now < own - 3_590_000)
    clock.observe(Int64(own) + 3_600_000)
    #expect(clock.now >= own + 3_600_000)
  }
}
