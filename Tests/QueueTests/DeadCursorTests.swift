import Testing

@testable import Queue

@Suite("Dead cursor")
struct DeadCursorTests {
  private func mark(_ id: String, _ time: Int64) -> DeadCursor.Mark { .init(id: id, diedAt: time) }

  @Test("A walk goes on behind the last time of death and repeats nobody of that very time")
  func walk() {
    var cursor = DeadCursor(.oldestFirst, latest: 90, page: 2)
    #expect(cursor.arguments == ["-inf", "90", "BYSCORE", "LIMIT", "0", "2", "WITHSCORES"])
    #expect(cursor.advance([mark("a", 1), mark("b", 2)]).map(\.id) == ["a", "b"])
    #expect(cursor.arguments == ["2", "90", "BYSCORE", "LIMIT", "0", "3", "WITHSCORES"])
    #expect(cursor.advance([mark("b", 2), mark("c", 2), mark("d", 2)]).map(\.id) == ["c", "d"])
    #expect(cursor.arguments == ["2", "90", "BYSCORE", "LIMIT", "0", "5", "WITHSCORES"])
    // Two of them were replayed meanwhile.
    #expect(!cursor.isAtEnd)
    #expect(cursor.advance([mark("d", 2), mark("e", 3)]).map(\.id) == ["e"])
    #expect(cursor.isAtEnd)
  }

  @Test("Newest first it begins at the last death")
  func reverse() {
    var cursor = DeadCursor(.newestFirst, page: 2)
    #expect(cursor.arguments == ["+inf", "-inf", "BYSCORE", "REV", "LIMIT", "0", "2", "WITHSCORES"])
    #expect(cursor.advance([mark("b", 2), mark("a", 1)]).map(\.id) == ["b", "a"])
    #expect(cursor.arguments == ["1", "-inf", "BYSCORE", "REV", "LIMIT", "0", "3", "WITHSCORES"])
  }
}
