import Conversations
import Keyspace
import NIOCore
import NIOPosix
import Redis
import TestSupport
import Testing

@testable import Cache

@Suite struct CacheLookTests {
  private static let loop = MultiThreadedEventLoopGroup.singleton.next()

  /// Once the event loop has a connection, which it need not be the first to have.
  private func look(
    _ rig: CacheRig, _ id: ConversationID, _ terms: ReadTerms = ReadTerms()
  ) async throws -> CacheLook? {
    try await poll(within: .seconds(10)) { try await lookAtOnce(rig, id, terms) }
  }

  private func lookAtOnce(
    _ rig: CacheRig, _ id: ConversationID, _ terms: ReadTerms = ReadTerms()
  ) async throws -> CacheLook? {
    let template = try rig.cache.template(.body, isConditional: !terms.known.isEmpty)
    return await withCheckedContinuation { continuation in
      Self.loop.execute {
        let isAsked = rig.cache.look(
          at: id, by: template, behind: nil, for: terms, on: Self.loop
        ) { continuation.resume(returning: $0) }
        if !isAsked { continuation.resume(returning: nil) }
      }
    }
  }

  private func read(
    _ rig: CacheRig, _ id: ConversationID, _ database: Database, _ terms: ReadTerms = ReadTerms()
  )
    async throws -> CacheAnswer
  {
    try await rig.cache.read(.conversation(id), .body, for: terms) { try await database.load($0) }
  }

  @Test("A look finds what a read has stored, and a read that is given a look does not look again")
  func found() async throws {
    try await CacheRig.with { rig in
      let (database, id) = (Database(), ConversationID.random())
      let missed = try #require(try await look(rig, id))
      #expect(rig.cache.answer(from: missed, for: ReadTerms(), where: { _ in true }) == nil)
      // Somebody else fills it meanwhile: the look is older, and what it found is not asked for again.
      #expect(try await read(rig, id, database).status == .miss)
      #expect(try await rig.events.has(.fill(.stored)))
      let given = try await read(rig, id, database, ReadTerms(look: missed))
      #expect(given.status != .bypass(.untrusted))
      let hit = try #require(try await look(rig, id))
      let answer = try #require(rig.cache.answer(from: hit, for: ReadTerms(), where: { _ in true }))
      #expect(String(buffer: answer.value.body) == "0" && answer.status.isHit && answer.times.redis != nil)
      #expect(rig.cache.answer(from: hit, for: ReadTerms(), where: { _ in false }) == nil)
      let tags = ReadTerms(known: EntityTags([answer.value.etag]))
      let known = try #require(try await look(rig, id, tags))
      #expect(rig.cache.answer(from: known, for: tags, where: { _ in true })?.value.isKnown == true)
    }
  }

  @Test("A look at another conversation is none for a read")
  func foreign() async throws {
    try await CacheRig.with { rig in
      let (database, id) = (Database(), ConversationID.random())
      _ = try await read(rig, id, database)
      #expect(try await rig.events.has(.fill(.stored)))
      let other = try #require(try await look(rig, .random()))
      #expect(try await read(rig, id, database, ReadTerms(look: other)).status.isHit)
    }
  }

  @Test("An invalidated value, and one nobody vouches for, are no answer")
  func outdated() async throws {
    try await CacheRig.with { rig in
      let (database, id) = (Database(), ConversationID.random())
      _ = try await read(rig, id, database)
      #expect(try await rig.events.has(.fill(.stored)))
      #expect(await rig.cache.invalidate([.conversation(id)], lsn: 1).isConfirmed)
      let stale = try #require(try await look(rig, id))
      #expect(rig.cache.answer(from: stale, for: ReadTerms(), where: { _ in true }) == nil)
      #expect(try await read(rig, id, database, ReadTerms(look: stale)).status == .stale)
    }
    try await CacheRig.with(vouches: false) { rig in
      let unvouched = try #require(try await look(rig, .random()))
      #expect(rig.cache.answer(from: unvouched, for: ReadTerms(), where: { _ in true }) == nil)
    }
  }

  @Test("A look answers in another form than the stored one, unless making it takes long; a read does then")
  func otherForm() async throws {
    for (length, isAnswered) in [(4 << 10, true), (1 << 20, false)] {
      try await CacheRig.with { rig in
        let id = ConversationID.random()
        // As JSON is: it packs well, but not to nothing.
        let body = ByteBuffer(bytes: (0..<length).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) & 63 })
        let packing = ReadTerms(forms: .either)
        let loaded = try await rig.cache.read(.conversation(id), .body, for: packing) { _ in
          CacheLoad(status: 200, body: body, owner: "anna", lsn: 1, isPrimary: true)
        }
        #expect(try await rig.events.has(.fill(.stored)))
        #expect(loaded.value.form == .gzip)
        let look = try #require(try await look(rig, id))
        let answer = rig.cache.answer(from: look, for: ReadTerms(), where: { _ in true })
        #expect((answer?.value.body == body) == isAnswered)
        let read = try await rig.cache.read(.conversation(id), .body, for: ReadTerms(look: look)) { _ in
          throw CancellationError()
        }
        #expect(read.status.isHit && read.value.form == .plain && read.value.body == body)
      }
    }
  }

  @Test("Switched off, or from an event loop without a connection, Redis is not asked")
  func notAsked() async throws {
    var settings = CacheSettings.patient
    settings.mode = .off
    try await CacheRig.with(settings: settings) { rig in
      let found = try await lookAtOnce(rig, .random())
      #expect(found == nil)
    }
    try await CacheRig.with { rig in
      let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
      let template = try rig.cache.template(.body, isConditional: false)
      let isAsked = rig.cache.look(
        at: .random(), by: template, behind: nil, for: ReadTerms(), on: group.next()
      ) { _ in Issue.record("somebody else's loop was called") }
      #expect(!isAsked)
      try await group.shutdownGracefully()
    }
  }
}
