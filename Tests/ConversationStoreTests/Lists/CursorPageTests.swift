import Cache
import ConversationStore
import Conversations
import Foundation
import NIOCore
import TestSupport
import Testing

/// Reading lists by cursor.
@Suite struct CursorPageTests {
  private static let anna = UserID(stored: "anna")

  @Test("By cursor the same items come in the same order as by page, however many of one moment")
  func sameOrder() async throws {
    try await StoreRig.with { rig in
      try await rig.fill()
      let id = try await rig.firstConversation()
      let filter = ConversationFilter(status: .ended, transcriptReceived: false, userID: Self.anna)
      let lists: [List] = [
        { try await rig.store.conversations(ConversationFilter(), $0) },
        { try await rig.store.conversations(ConversationFilter(userID: Self.anna), $0) },
        { try await rig.store.conversations(filter, $0) },
        { try await rig.store.messages(of: id, $0, in: .everyone) },
        { try await rig.store.messages(of: Self.anna, $0) },
      ]
      for (list, expected) in zip(lists, [60, 40, 10, 30, 1200]) {
        let pages = try await Self.walkPages(list, limit: 100)
        #expect(pages.count == expected && Set(pages).count == expected)
        for limit in [7, 100] { #expect(try await Self.walkCursors(list, limit: limit) == pages) }
      }
    }
  }

  @Test("Only the last page has no next cursor; total is there unless it is not wanted")
  func envelope() async throws {
    try await StoreRig.with { rig in
      try await rig.fill()
      let id = try await rig.firstConversation()
      func page(_ limit: Int, _ cursor: String, total: Bool = true) async throws -> CursorPage {
        let list = try Self.request(limit, cursor, total: total)
        return try CursorPage(try await rig.store.messages(of: id, list, in: .everyone))
      }
      let first = try await page(20, "")
      #expect((first.total, first.page, first.totalPages, first.hasMore) == (30, nil, nil, true))
      let last = try await page(10, try #require(first.nextCursor))
      #expect((last.items.count, last.hasMore, last.nextCursor) == (10, false, nil))
      #expect(try await page(20, "", total: false).total == nil)
      #expect(try await page(30, "").nextCursor == nil)
      #expect(
        try await rig.store.messages(of: .random(), try Self.request(5, ""), in: .everyone).value.status
          == 404)
    }
  }

  @Test("What is added or removed while a list is read neither repeats nor hides anything else")
  func changes() async throws {
    try await StoreRig.with { rig in
      try await rig.fill()
      let filter = ConversationFilter(userID: Self.anna)
      let before = try await Self.walkPages({ try await rig.store.conversations(filter, $0) }, limit: 100)
      var seen: [String] = []
      var cursor: String? = ""
      while let next = cursor {
        let page = try CursorPage(try await rig.store.conversations(filter, try Self.request(6, next)))
        seen += page.items
        cursor = page.nextCursor
        // The newest, and the very one that the cursor names.
        _ = try await rig.store.create(NewConversation(), owner: Self.anna)
        guard let last = page.items.last, let id = ConversationID(last) else { continue }
        #expect(try await rig.store.delete(id, in: .everyone).invalidated)
      }
      #expect(seen == before)
    }
  }

  @Test("A cursor of another list, or with other filters, is refused, and so is any other text")
  func foreign() async throws {
    try await StoreRig.with { rig in
      try await rig.fill()
      let mine = ConversationFilter(userID: Self.anna)
      let page = try CursorPage(try await rig.store.conversations(mine, try Self.request(5, "")))
      let list = try Self.request(5, try #require(page.nextCursor))
      #expect(try CursorPage(try await rig.store.conversations(mine, list)).items.count == 5)
      let others: [List] = [
        { try await rig.store.conversations(ConversationFilter(), $0) },
        { try await rig.store.conversations(ConversationFilter(status: .ended, userID: Self.anna), $0) },
        { try await rig.store.conversations(ConversationFilter(userID: UserID(stored: "bert")), $0) },
        { try await rig.store.messages(of: Self.anna, $0) },
        { try await rig.store.messages(of: .random(), $0, in: .everyone) },
      ]
      for other in others {
        await #expect(throws: RequestRejection.foreignCursor) { try await other(list) }
      }
      await #expect(throws: RequestRejection.foreignCursor) {
        try await rig.store.conversations(mine, try Self.request(5, "0a"))
      }
    }
  }

  @Test("From the deepest page that has a number a cursor leads on, also out of the cache")
  func beyond() async throws {
    try await StoreRig.with(relays: 1) { rig in
      try await rig.run(
        """
        INSERT INTO conversations (user_id, created_at) \
        SELECT 'anna', now() - i * interval '1 s' FROM generate_series(1, 10050) i
        """)
      let filter = ConversationFilter(userID: Self.anna)
      let deepest = ListRequest(page: try #require(PageRequest(page: 100, limit: 100)))
      let loaded = try await rig.store.conversations(filter, deepest)
      let summary = try #require(PageSummary(loaded.value.summary))
      #expect((summary.total, summary.hasMore) == (10_050, true))
      let cursor = try #require(summary.nextCursor)
      #expect(!String(buffer: loaded.value.body).contains(cursor))
      let rest = try CursorPage(try await rig.store.conversations(filter, try Self.request(100, cursor)))
      #expect((rest.items.count, rest.hasMore) == (50, false))
      #expect(try await eventually { try await rig.store.conversations(filter, deepest).isHit })
      #expect(try await rig.store.conversations(filter, deepest).value.summary == loaded.value.summary)
    }
  }

  private typealias List = @Sendable (ListRequest) async throws -> CacheAnswer

  private static func request(_ limit: Int, _ cursor: String, total: Bool = true) throws -> ListRequest {
    ListRequest(page: try #require(PageRequest(limit: limit)), cursor: cursor, includesTotal: total)
  }

  private static func walkPages(_ list: List, limit: Int) async throws -> [String] {
    var items: [String] = []
    for number in 1...PageRequest.maximumDepth {
      let request = ListRequest(page: try #require(PageRequest(page: number, limit: limit)))
      let page = try CursorPage(try await list(request))
      items += page.items
      if !page.hasMore { break }
    }
    return items
  }

  private static func walkCursors(_ list: List, limit: Int) async throws -> [String] {
    var items: [String] = []
    var cursor: String? = ""
    while let next = cursor {
      let page = try CursorPage(try await list(try request(limit, next, total: false)))
      #expect(page.items.count == limit || !page.hasMore)
      items += page.items
      cursor = page.nextCursor
    }
    return items
  }
}

/// A page as Foundation reads it; of its items the ids.
private struct CursorPage {
  let items: [String]
  let total: Int?
  let page: Int?
  let totalPages: Int?
  let hasMore: Bool
  let nextCursor: String?

  init(_ answer: CacheAnswer) throws {
    struct Item: Decodable { let id: String }
    struct Body: Decodable {
      let items: [Item]
      let total: Int?
      let page: Int?
      let totalPages: Int?
      let hasMore: Bool
      let nextCursor: String?
    }
    let body = try JSONDecoder().decode(Body.self, from: Data(answer.value.body.readableBytesView))
    items = body.items.map(\.id)
    (total, page, totalPages) = (body.total, body.page, body.totalPages)
    (hasMore, nextCursor) = (body.hasMore, body.nextCursor)
  }
}

extension StoreRig {
  /// Conversations and messages of which many share their time: 40 of Anna's with 30 messages each, 20 of nobody's.
  fileprivate func fill() async throws {
    try await run(
      """
      INSERT INTO conversations (user_id, status, transcript_received, created_at) SELECT \
      CASE WHEN i <= 40 THEN 'anna' END, CASE WHEN i % 2 = 0 THEN 'ended' ELSE 'pending' END, i % 4 = 0, \
      timestamptz '2025-06-15 12:00Z' + (i / 7) * interval '1 s' FROM generate_series(1, 60) i
      """)
    try await run(
      """
      INSERT INTO messages (conversation_id, user_id, position, role, content, created_at) \
      SELECT c.id, c.user_id, p, 'user', 'x', timestamptz '2025-06-15 13:00Z' + (p / 20) * interval '1 s' \
      FROM conversations c, generate_series(0, 29) p WHERE c.user_id = 'anna'
      """)
  }

  fileprivate func firstConversation() async throws -> ConversationID {
    let id = try await scalar("SELECT id::text FROM conversations WHERE user_id = 'anna' ORDER BY id LIMIT 1")
    return try #require(id.flatMap { ConversationID($0) })
  }
}

extension CacheAnswer {
  /// Whether it came from Redis.
  var isHit: Bool {
    if case .hit = status { true } else { false }
  }
}
