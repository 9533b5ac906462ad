import Cache
import ConversationStore
import Conversations
import Foundation
import NIOCore
import TestSupport
import Testing

/// A worker that stores a transcript and a backend that claims its conversation, at once.
@Suite struct ClaimRaceTests {
  /// In any order, and in each other's midst: the delays are spread over what the two take.
  @Test(
    "A thousand times: afterwards no message is without its owner, and no list is stale",
    .timeLimit(.minutes(5)))
  func race() async throws {
    try await StoreRig.with(relays: 1) { rig in
      let late = try await withThrowingTaskGroup(of: Int.self) { group in
        for lane in 0..<8 {
          group.addTask {
            var late = 0
            for number in 0..<125 where try await Self.race("c\(lane)-\(number)", number, rig) { late += 1 }
            return late
          }
        }
        return try await group.reduce(0, +)
      }
      let strays = """
        SELECT count(*)::text FROM messages m JOIN conversations c ON c.id = m.conversation_id \
        WHERE m.user_id IS DISTINCT FROM c.user_id OR c.user_id IS NULL
        """
      #expect(try await rig.scalar(strays) == "0")
      #expect(try await rig.scalar("SELECT count(*)::text FROM messages") == "2000")
      #expect(
        try await rig.scalar("SELECT count(*)::text FROM webhook_events WHERE outcome = 'applied'") == "1000")
      // Both orders were played.
      #expect((50...950).contains(late), "\(late) claims came after the events")
    }
  }

  /// - Returns: whether the claim found what the worker had stored.
  private static func race(_ name: String, _ number: Int, _ rig: StoreRig) async throws -> Bool {
    let owner = UserID(stored: "owner-\(name)")
    // What is cached now is what could be stale.
    #expect(try await history(of: owner, rig).contains(#""total":0,"#))
    #expect(try await conversations(of: owner, rig).contains(#""total":0,"#))
    async let stored: Void = pausing(number % 5) { _ = try await rig.apply(name, .words("one", "two")) }
    async let claimed = pausing(number / 5 % 5) {
      let new = NewConversation(externalID: ExternalConversationID(stored: name))
      return try await rig.store.create(new, owner: owner).conversation.transcriptReceived
    }
    let (_, isLate) = try await (stored, claimed)
    let (messages, list) = (try await history(of: owner, rig), try await conversations(of: owner, rig))
    #expect(messages.contains(#""total":2,"#), "\(name): \(messages)")
    #expect(list.contains(#""total":1,"#) && list.contains(#""transcriptReceived":true"#), "\(name): \(list)")
    return isLate
  }

  /// Waits for so many half milliseconds first.
  private static func pausing<Value: Sendable>(
    _ steps: Int, _ body: @Sendable () async throws -> Value
  ) async throws -> Value {
    try await Task.sleep(for: .microseconds(500 * steps))
    return try await body()
  }

  private static func history(of owner: UserID, _ rig: StoreRig) async throws -> String {
    let page = ListRequest(page: try #require(PageRequest(limit: 10)))
    return String(buffer: try await rig.store.messages(of: owner, page).value.body)
  }

  private static func conversations(of owner: UserID, _ rig: StoreRig) async throws -> String {
    let page = ListRequest(page: try #require(PageRequest(limit: 10)))
    return String(
      buffer: try await rig.store.conversations(ConversationFilter(userID: owner), page).value.body)
  }
}
