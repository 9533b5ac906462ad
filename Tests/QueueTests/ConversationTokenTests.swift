import Queue
import Testing

@Suite("Conversation token")
struct ConversationTokenTests {
  @Test("Short ids stand for themselves, long ones for their digest", arguments: [1, 127, 128, 129, 512])
  func length(_ count: Int) {
    let id = String(repeating: "x", count: count)
    let token = ConversationToken(id, shards: 1).text
    #expect((token == id) == (count <= 128))
    #expect(token.utf8.count <= 128)
  }

  @Test("No id can take the place of another one's digest")
  func impostor() {
    let token = ConversationToken(String(repeating: "x", count: 200), shards: 1).text
    #expect(ConversationToken(token, shards: 1).text != token)
  }

  @Test("Bytes count, not how they look")
  func bytes() {
    let composed = ConversationToken("caf\u{E9}", shards: 1).text
    let decomposed = ConversationToken("cafe\u{301}", shards: 1).text
    #expect(!composed.utf8.elementsEqual(decomposed.utf8))
  }

  @Test("Shards are used evenly and do not change between releases")
  func shards() {
    var counts = [0, 0, 0, 0]
    for number in 0..<4000 { counts[ConversationToken("conversation-\(number)", shards: 4).shard] += 1 }
    #expect(counts.allSatisfy { (800...1200).contains($0) })
    let published: UInt64 = 0xaf63_dc4c_8601_ec8c  // FNV-1a of "a", from the algorithm's own test vectors
    #expect(ConversationToken("a", shards: 1000).shard == Int(published % 1000))
  }
}
