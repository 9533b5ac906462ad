import Conversations
import Gzip
import Keyspace
import NIOCore
import Redis
import TestSupport
import Testing

@testable import Cache

@Suite("Forms of cached bodies")
struct CacheFormsTests {
  /// A page of some 20 KiB that gzip makes a tenth of.
  private static let page = ByteBuffer(
    string: (0..<400).map { #"{"position":\#($0),"role":"user","content":"words"}"# }.joined(separator: ","))
  private static let gzip = ReadTerms(forms: .either)

  @Test(
    "Gzip is sent where it pays or nothing else is taken",
    arguments: [0, 1024, 1025, 100_000, 4 << 20, (4 << 20) + 1])
  func choice(length: Int) {
    #expect(AcceptedForms.plain.form(ofPlain: length) == .plain)
    #expect(
      AcceptedForms.either.form(ofPlain: length) == (length > 1024 && length <= 4 << 20 ? .gzip : .plain))
    #expect(AcceptedForms.gzip.form(ofPlain: length) == .gzip)
  }

  @Test("A body is stored in the form that the reader takes who loads it; another reader's is made for it")
  func stored() async throws {
    for (filler, form) in [(Self.gzip, ContentForm.gzip), (ReadTerms(), .plain)] {
      try await CacheRig.with { rig in
        let first = try await Self.read(rig, filler)
        #expect(try await rig.events.has(.fill(.stored)))
        #expect(first.value.form == form)
        #expect(try await Self.storedForm(rig) == form)
        for terms in [ReadTerms(), Self.gzip] {
          let hit = try await Self.read(rig, terms)
          #expect(hit.status.isHit)
          #expect(try Self.content(of: hit) == Self.page)
          #expect(hit.value.form == (terms.forms == .either ? .gzip : .plain))
          #expect(hit.value.etag.hasSuffix("-gzip\"") == (terms.forms == .either))
        }
        #expect(rig.events.count(.converted(to: form)) == 0)
        #expect(rig.events.count(.converted(to: form == .gzip ? .plain : .gzip)) == 1)
        let refused = try await Self.read(rig, ReadTerms(forms: .gzip))
        #expect(refused.value.form == .gzip)
      }
    }
  }

  @Test("What is small, or too large to be unpacked for everybody, is stored plain")
  func storedPlain() async throws {
    var settings = CacheSettings.patient
    settings.maximumValueBytes = 8 << 20
    for length in [1024, (4 << 20) + 1] {
      try await CacheRig.with(settings: settings) { rig in
        let body = ByteBuffer(repeating: 0x41, count: length)
        let answer = try await Self.read(rig, Self.gzip, body)
        #expect(try Self.content(of: answer) == body)
        #expect(try await rig.events.has(.fill(.stored)))
        #expect(try await Self.storedForm(rig) == .plain)
      }
    }
  }

  @Test("Readers who share a load get the form that each of them takes")
  func shared() async throws {
    try await CacheRig.with { rig in
      let answers = try await withThrowingTaskGroup(of: CacheAnswer.self) { group in
        for reader in 0..<40 {
          group.addTask { try await Self.read(rig, reader % 2 == 0 ? Self.gzip : ReadTerms()) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.count { $0.value.form == .gzip } == 20)
      for answer in answers { #expect(try Self.content(of: answer) == Self.page) }
    }
  }

  @Test("Who names either tag gets nothing, as a miss, as a hit and without the cache")
  func known() async throws {
    let hash = ContentHash(of: Self.page)
    try await CacheRig.with { rig in
      let first = try await Self.read(rig, ReadTerms(known: EntityTags([hash.etag(.plain)])))
      #expect(first.value.isKnown && first.value.body.readableBytes == 0)
      // What comes before it is stored is a miss, too.
      #expect(try await rig.events.has(.fill(.stored)))
      for (form, other) in [(ContentForm.plain, ContentForm.gzip), (.gzip, .plain)] {
        for tag in [hash.etag(form), "W/\(hash.etag(form))", "\"x\", \(hash.etag(form))"] {
          let terms = ReadTerms(forms: form == .gzip ? .plain : .either, known: EntityTags([tag]))
          for answer in [try await Self.read(rig, terms), try await Self.uncached(rig, terms)] {
            #expect(answer.value.isKnown && answer.value.body.readableBytes == 0, "\(tag) \(other)")
            #expect(answer.value.etag == hash.etag(form))
            #expect(answer.value.owner == "anna")
          }
        }
      }
      #expect(rig.events.count(.fill(.stored)) == 1)
      #expect(rig.events.count(.read(.miss)) == 1)
      let other = try await Self.read(rig, ReadTerms(known: EntityTags(["\"other\""])))
      #expect(!other.value.isKnown && other.status.isHit)
      #expect(other.value.body == Self.page)
    }
  }

  @Test(
    "A body that its reader has does not leave Redis, however large it is", arguments: [200_000, 900_000])
  func notMoved(length: Int) async throws {
    let redis = try await RedisServer.start()
    try await CacheRig.with(url: redis.url) { rig in
      let body = ByteBuffer(bytes: (0..<length).map { _ in UInt8.random(in: 0...255) })
      let etag = try await Self.read(rig, ReadTerms(), body).value.etag
      #expect(try await rig.events.has(.fill(.stored)))
      let before = try await Self.sentBytes(rig)
      for _ in 0..<20 {
        let answer = try await Self.read(rig, ReadTerms(known: EntityTags([etag])), body)
        #expect(answer.value.isKnown && answer.status.isHit)
      }
      // Twenty heads, and what the test itself and the relay's stand-in asked.
      #expect(try await Self.sentBytes(rig) - before < 200_000)
      let full = try await Self.read(rig, ReadTerms(known: EntityTags(["\"other\""])), body)
      #expect(full.value.body == body)
    }
    try await redis.stop()
  }

  @Test("What its reader has is judged like any other: by epoch and watermark")
  func judged() async throws {
    try await CacheRig.with(vouches: false) { rig in
      try await rig.vouch()
      let etag = try await Self.read(rig, ReadTerms()).value.etag
      #expect(try await rig.events.has(.fill(.stored)))
      let terms = ReadTerms(known: EntityTags([etag]))
      #expect(try await Self.read(rig, terms).status.isHit)
      #expect(await rig.cache.invalidate([rig.conversation], lsn: 7).isConfirmed)
      let changed = try await Self.read(rig, terms, ByteBuffer(string: "new"))
      #expect(changed.status == .stale)
      #expect(String(buffer: changed.value.body) == "new")
      try await rig.delete(rig.keys.watermark)
      #expect(try await Self.read(rig, terms).status == .bypass(.untrusted))
    }
  }

  @Test("The head that was read before the epoch was replaced is stale, whoever has its body")
  func headBeforeEpoch() throws {
    let lease = CacheLease(epoch: .random(), floor: nil, token: "t")
    let load = LoadedValue(CacheLoad(body: Self.page), cost: .zero)
    let value = try #require(StorableValue(load, epoch: lease.epoch, settings: CacheSettings(), jitter: 0))
    let head = try #require(value.bytes.getSlice(at: 0, length: CacheEntry.headLength))
    let terms = ReadTerms(known: EntityTags([load.value.etag]))
    let stored = try #require(StoredValue(head: head, for: terms))
    #expect(stored.value.isKnown && !stored.isCutOff)
    #expect(try #require(StoredValue(head: head, for: ReadTerms())).isCutOff)
    #expect(StoredValue(head: try #require(head.getSlice(at: 0, length: 4000)), for: terms) == nil)
    let later = CacheVerdict(
      stored, record: .bulk(ByteBuffer(string: "\(CacheEpoch.random().text)|?")),
      watermark: .bulk(ByteBuffer(string: "run|data|1")), server: "run|data", acceptsUnverified: false, now: 0
    )
    guard case .miss(let miss) = later else {
      Issue.record("\(later)")
      return
    }
    #expect(miss.isStale)
    #expect(
      CacheEntry(.user(.init(stored: "a")), .body, keys: CacheKeys()).glance.map(\.name) == [
        "GETRANGE", "MGET",
      ])
  }

  @Test("An absence is nobody's knowledge: the star does not match it")
  func absence() async throws {
    try await CacheRig.with { rig in
      for status in [CacheStatus.miss, nil] {
        let answer = try await rig.cache.read(
          rig.conversation, .body, for: ReadTerms(known: EntityTags(["*"]))
        ) { _ in CacheLoad(status: 404, body: ByteBuffer()) }
        #expect(answer.value.status == 404 && !answer.value.isKnown)
        #expect(answer.status == status || answer.status.isHit)
        #expect(try await rig.events.has(.fill(.stored)))
      }
    }
  }

  @Test("A packed body that cannot be unpacked is answered by the database")
  func damaged() async throws {
    try await CacheRig.with { rig in
      _ = try await Self.read(rig, Self.gzip)
      #expect(try await rig.events.has(.fill(.stored)))
      _ = try await rig.redis.execute(
        RedisCommand("SETRANGE", RedisArgument(rig.entry().valueKey), 140, "damage"))
      let answer = try await Self.read(rig, ReadTerms())
      #expect(answer.status == .bypass(.refused))
      #expect(answer.value.body == Self.page)
    }
  }

  @Test("The times of a read are of what it waited for")
  func times() async throws {
    try await CacheRig.with { rig in
      let miss = try await Self.read(rig, ReadTerms())
      #expect(try #require(miss.times.redis) > .zero)
      #expect(try #require(miss.times.database) > .zero)
      #expect(try await rig.events.has(.fill(.stored)))
      let hit = try await Self.read(rig, ReadTerms())
      #expect(try #require(hit.times.redis) > .zero)
      #expect(hit.times.database == nil)
      let uncached = try await Self.uncached(rig, ReadTerms())
      #expect(uncached.times.redis == nil && uncached.times.database != nil)
    }
  }

  private static func read(
    _ rig: CacheRig, _ terms: ReadTerms, _ body: ByteBuffer = page
  ) async throws -> CacheAnswer {
    try await rig.cache.read(rig.conversation, .body, for: terms) { _ in
      CacheLoad(body: body, owner: "anna", lsn: 7)
    }
  }

  private static func uncached(_ rig: CacheRig, _ terms: ReadTerms) async throws -> CacheAnswer {
    try await rig.cache.readUncached(for: terms) { _ in CacheLoad(body: page, owner: "anna") }
  }

  private static func storedForm(_ rig: CacheRig) async throws -> ContentForm? {
    let reply = try await rig.redis.execute(RedisCommand("GET", RedisArgument(rig.entry().valueKey)))
    var bytes = try #require(reply.bytes)
    return CachedValueHeader(reading: &bytes)?.form
  }

  private static func content(of answer: CacheAnswer) throws -> ByteBuffer? {
    switch answer.value.form {
    case .plain: answer.value.body
    case .gzip: Gzip.decompress(answer.value.body, limit: 1 << 20)
    }
  }

  private static func sentBytes(_ rig: CacheRig) async throws -> Int {
    let text = try #require(try await rig.redis.execute(RedisCommand("INFO", "stats")).string)
    let line = try #require(text.split(separator: "\r\n").first { $0.hasPrefix("total_net_output_bytes:") })
    return try #require(Int(line.split(separator: ":")[1]))
  }
}
