import TestSupport
import Testing

@testable import Conversations

@Suite("Cursors")
struct CursorSealerTests {
  private static let secret = Array("a secret that has thirty-two bytes".utf8)
  private static let id = ConversationID(UUIDValue(high: 0x0102_0304_0506_7708, low: 0x890A_0B0C_0D0E_0F10))
  private static let time = Timestamp(microsecondsSinceEpoch: 1_750_000_000_123_456)
  private static let keysets: [Keyset] = [
    .message(position: 0), .message(position: 4_999), .conversation(createdAt: time, id),
    .conversation(createdAt: Timestamp(microsecondsSinceEpoch: -1), .random()),
    .history(createdAt: time, id, position: Int(Int32.max)),
  ]
  private static let scopes: [CursorScope] = [
    .conversations(ConversationFilter()), .conversations(ConversationFilter(status: .active)),
    .conversations(ConversationFilter(transcriptReceived: true)),
    .conversations(ConversationFilter(transcriptReceived: false)),
    .conversations(ConversationFilter(userID: UserID(stored: "all"))),
    .conversations(
      ConversationFilter(status: .active, transcriptReceived: true, userID: UserID(stored: "a"))),
    .conversations(
      ConversationFilter(status: .active, transcriptReceived: true, userID: UserID(stored: "b"))),
    .messages(of: id), .messages(of: ConversationID(UUIDValue(high: 0, low: 0))),
    .messages(of: UserID(stored: "a")), .messages(of: UserID(stored: id.description)),
    .messages(of: UserID(stored: "a:messages")),
  ]

  private func sealer(_ scope: CursorScope = scopes[0], _ secret: [UInt8] = secret) -> CursorSealer {
    CursorSealer(secret: secret, scope: scope)
  }

  @Test("What is sealed is opened, on any instance with the same secret", arguments: keysets)
  func roundTrip(_ keyset: Keyset) {
    let cursor = sealer().seal(keyset)
    #expect(sealer().open(cursor) == keyset)
    #expect(cursor.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) })
    #expect(cursor.utf8.count <= 130)
  }

  @Test("A cursor is worth nothing in another list, with other filters, or with another secret")
  func foreign() {
    #expect(Set(Self.scopes.map(\.text)).count == Self.scopes.count)
    for (index, scope) in Self.scopes.enumerated() {
      let cursor = sealer(scope).seal(Self.keysets[2])
      for (other, candidate) in Self.scopes.enumerated() {
        #expect((sealer(candidate).open(cursor) != nil) == (index == other))
      }
      #expect(sealer(scope, Self.secret.reversed()).open(cursor) == nil)
    }
  }

  @Test("Changed anywhere, cut off or prolonged, it is nothing", arguments: keysets)
  func tampered(_ keyset: Keyset) {
    let cursor = Array(sealer().seal(keyset).utf8)
    for index in cursor.indices {
      for replacement in "0f".utf8 where cursor[index] != replacement {
        var changed = cursor
        changed[index] = replacement
        #expect(sealer().open(String(decoding: changed, as: UTF8.self)) == nil)
      }
      #expect(sealer().open(String(decoding: cursor[..<index], as: UTF8.self)) == nil)
    }
    #expect(sealer().open(String(decoding: cursor + Array("00".utf8), as: UTF8.self)) == nil)
    #expect(sealer().open(String(decoding: cursor, as: UTF8.self).uppercased()) == nil)
  }

  @Test("Random texts are nothing, whatever their length")
  func noise() {
    var random = SplitMix64(seed: 7)
    for _ in 0..<20_000 {
      let length = Int.random(in: 0...140, using: &random)
      let isHexadecimal = Bool.random(using: &random)
      let scalars = (0..<length).map { _ in
        isHexadecimal
          ? "0123456789abcdef".utf8.randomElement(using: &random) ?? 0
          : UInt8.random(in: 0...255, using: &random)
      }
      #expect(sealer().open(String(decoding: scalars, as: UTF8.self)) == nil)
    }
    #expect(sealer().open(String(repeating: "0", count: 1_000_000)) == nil)
  }

  @Test("A signed position that no message can have is nothing")
  func positions() {
    #expect(Keyset(words: [UInt64.max]) == nil)
    #expect(Keyset(words: [0, 0, 0, 1 << 31]) == nil)
    #expect(Keyset(words: []) == nil)
    #expect(Keyset(words: [1, 2]) == nil)
  }
}
