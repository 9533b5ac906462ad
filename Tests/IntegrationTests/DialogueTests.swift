import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Dialogues from webhook to page")
  struct DialogueTests {
    @Test("Each message of each dialogue is stored once, in order, byte for byte; pages miss first, then hit")
    func everyDialogue() async throws {
      let dialogues = try DialogueSet.load().bodies
      let expected = try Dictionary(
        dialogues.map { body in
          let transcript = try ExpectedTranscript(body: body)
          return (transcript.externalID, transcript.messages)
        }, uniquingKeysWith: { first, _ in first })
      try #require(expected.count == dialogues.count)
      try await LocalSystem.run { system in
        let api = try await system.startAPI()
        try await system.startWorker()
        try await concurrently(dialogues) { try await accept($0, api) }
        #expect(turnedAway.last < max(20, dialogues.count / 20))
        try await system.waitUntilQueueIsEmpty(within: .seconds(60))
        #expect(try await system.deadEvents() == 0)

        let conversations = try await system.rows("SELECT external_id, id FROM conversations ORDER BY 1")
          .map { Conversation(externalID: $0[0], id: $0[1]) }
        #expect(Set(conversations.map(\.externalID)) == Set(expected.keys))
        try await readAll(conversations, expected, api, first)
        try await compareStored(system, expected)
        try await readAll(conversations, expected, api, again)
        #expect(misses.last < conversations.count / 5)
      }
    }

    /// Of the second reading, where a starved machine makes some.
    private let misses = Counter()

    /// Webhooks that came while the queue's log took more than half a second to reach a busy disk.
    private let turnedAway = Counter()

    /// What was turned away may have been queued all the same.
    private func accept(_ body: Data, _ api: API) async throws {
      let (answer, refusals) = try await api.acceptInTheEnd(body)
      for _ in 0..<refusals { _ = turnedAway.next() }
      let event = LocalSystem.eventID(of: body)
      let texts = (refusals == 0 ? ["queued"] : ["queued", "duplicate"]).map {
        #"{"eventId":"\#(event)","status":"\#($0)"}"#
      }
      #expect(texts.contains(answer.text), "\(answer.text)")
    }

    private struct Conversation: Sendable {
      let externalID: String
      let id: String
    }

    private func compareStored(_ system: LocalSystem, _ expected: [String: [ExpectedMessage]]) async throws {
      let rows = try await system.rows(
        """
        SELECT external_id, position, encode(convert_to(role, 'UTF8'), 'hex'),
          encode(convert_to(content, 'UTF8'), 'hex'), floor(extract(epoch FROM spoken_at) * 1000)::bigint
        FROM messages JOIN conversations ON conversations.id = conversation_id ORDER BY external_id, position
        """)
      var stored: [String: [ExpectedMessage]] = [:]
      for row in rows {
        stored[row[0], default: []].append(
          ExpectedMessage(
            position: Int(row[1]) ?? -1, role: Hexadecimal.bytes(row[2]), content: Hexadecimal.bytes(row[3]),
            spokenAt: Int(row[4])))
      }
      #expect(rows.count == expected.values.reduce(0) { $0 + $1.count })
      for (externalID, messages) in expected { #expect(stored[externalID, default: []] == messages) }
      let events = try await system.rows("SELECT outcome, count(*) FROM webhook_events GROUP BY 1")
      #expect(events == [["applied", String(expected.count)]])
    }

    /// Nobody has asked before: the cache cannot have it.
    @Sendable private func first(_ client: Client, _ path: String) async throws -> Answer {
      let answer = try await client.get(path)
      #expect(answer.isMiss || answer.isLate, "\(answer.headers)")
      return answer.isLate ? try await client.getThroughCache(path) : answer
    }

    /// It was asked for before: the cache has it, but where Redis was late with storing it.
    @Sendable private func again(_ client: Client, _ path: String) async throws -> Answer {
      let answer = try await poll(within: .seconds(20)) {
        let answer = try await client.getThroughCache(path)
        if !answer.isHit { _ = misses.next() }
        return answer.isHit ? answer : nil
      }
      return try #require(answer)
    }

    private func readAll(
      _ conversations: [Conversation], _ expected: [String: [ExpectedMessage]], _ api: API,
      _ page: @escaping @Sendable (Client, String) async throws -> Answer
    ) async throws {
      try await concurrently(conversations, width: 4) { conversation in
        let messages = try #require(expected[conversation.externalID])
        var read: [MessageBody] = []
        var number = 0
        repeat {
          number += 1
          let path = "/conversations/\(conversation.id)/messages?page=\(number)&limit=10"
          let answer: Page<MessageBody> = try await page(api.service, path).decoded()
          #expect(answer.total == messages.count)
          #expect(answer.totalPages == (messages.count + 9) / 10)
          #expect(answer.hasMore == (number < answer.totalPages))
          read += answer.items
          guard answer.hasMore else { break }
        } while number < 100
        #expect(read.map { ExpectedMessage($0) } == messages)
        #expect(read.allSatisfy { $0.conversationId == conversation.id })
        #expect(Set(read.map(\.id)).count == messages.count)
      }
    }
  }
}
