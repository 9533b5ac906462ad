import Foundation
import Testing

extension Integration {
  @Suite("Edge cases of the provider's format")
  struct EdgeCaseTests {
    @Test("Each hand-made body has the outcome that the contract gives it")
    func everyEdgeCase() async throws {
      let cases = try EdgeCaseSet.load()
      try await LocalSystem.run { system in
        let api = try await system.startAPI()
        try await system.startWorker()
        var sent: Set<String> = []
        for edgeCase in cases {
          if let after = edgeCase.after {
            #expect(sent.contains(after), "\(edgeCase.name) comes before \(after)")
          }
          sent.insert(edgeCase.name)
          switch try EdgeCaseRuling(edgeCase) {
          case .stored(let messages): try await expectStored(edgeCase, messages, api)
          case .ignored: try await expectIgnored(edgeCase, api)
          case .refused(let status): try await expectRefused(edgeCase, status, api)
          }
        }
        #expect(try await system.deadEvents() == 0)
        #expect(try await api.anonymous.get("/health/live").status == 200)
      }
    }

    private func expectStored(_ edgeCase: EdgeCase, _ messages: [ExpectedMessage]?, _ api: API) async throws {
      let name = edgeCase.name
      let answer = try await api.post(edgeCase.body)
      #expect(answer.status == 202, "\(name): \(answer)")
      try await api.system.waitUntilSettled(edgeCase.body)
      let expected = try messages ?? ExpectedTranscript(body: edgeCase.body).messages
      if messages == nil { #expect(expected.count == edgeCase.entries, "\(name)") }
      let rows = try await api.system.rows(
        """
        SELECT conversations.id, transcript_received, status, outcome
        FROM webhook_events JOIN conversations USING (external_id)
        WHERE external_event_id = '\(LocalSystem.eventID(of: edgeCase.body))'
        """)
      try #require(rows.count == 1, "\(name)")
      #expect(rows[0].dropFirst() == ["t", "ended", "applied"], "\(name)")
      #expect(try await storedMessages(of: rows[0][0], api) == expected, "\(name)")
      #expect(try await readMessages(of: rows[0][0], api) == expected, "\(name)")
    }

    private func storedMessages(of id: String, _ api: API) async throws -> [ExpectedMessage] {
      try await api.system.rows(
        """
        SELECT position, encode(convert_to(role, 'UTF8'), 'hex'), encode(convert_to(content, 'UTF8'), 'hex'),
          floor(extract(epoch FROM spoken_at) * 1000)::bigint
        FROM messages WHERE conversation_id = '\(id)' ORDER BY position
        """
      ).map {
        ExpectedMessage(
          position: Int($0[0]) ?? -1, role: Hexadecimal.bytes($0[1]), content: Hexadecimal.bytes($0[2]),
          spokenAt: Int($0[3]))
      }
    }

    private func readMessages(of id: String, _ api: API) async throws -> [ExpectedMessage] {
      var messages: [ExpectedMessage] = []
      for number in 1...100 {
        let answer = try await api.service.get("/conversations/\(id)/messages?page=\(number)&limit=100")
        let page: Page<MessageBody> = try answer.decoded()
        messages += page.items.map { ExpectedMessage($0) }
        guard page.hasMore else { break }
      }
      return messages
    }

    private func expectIgnored(_ edgeCase: EdgeCase, _ api: API) async throws {
      let before = try await messageRows(api.system)
      let answer = try await api.post(edgeCase.body)
      #expect(answer.status == 202, "\(edgeCase.name): \(answer)")
      try await api.system.waitUntilSettled(edgeCase.body)
      #expect(try await messageRows(api.system) == before, "\(edgeCase.name)")
      let id = LocalSystem.eventID(of: edgeCase.body)
      #expect(
        try await api.system.count("SELECT count(*) FROM webhook_events WHERE external_event_id = '\(id)'")
          == 1)
      let reopened = "SELECT count(*) FROM conversations WHERE transcript_received AND status <> 'ended'"
      #expect(try await api.system.count(reopened) == 0, "\(edgeCase.name)")
    }

    private func expectRefused(_ edgeCase: EdgeCase, _ status: Int, _ api: API) async throws {
      let before = try await traces(api.system)
      let answer = try await api.post(edgeCase.body)
      expectProblem(answer, status, comment: "\(edgeCase.name)")
      #expect(try await traces(api.system) == before, "\(edgeCase.name)")
    }

    /// Every message row with the transaction that wrote it, so that a rewrite with equal values shows.
    private func messageRows(_ system: LocalSystem) async throws -> [[String]] {
      try await system.rows(
        "SELECT id, xmin, conversation_id, position, md5(content) FROM messages ORDER BY 1")
    }

    /// Whatever a body could leave behind.
    private func traces(_ system: LocalSystem) async throws -> [Int] {
      [
        try await system.queuedEvents(), try await system.queueDepth(), try await system.deadEvents(),
        try await system.count("SELECT count(*) FROM webhook_events"),
        try await system.count("SELECT count(*) FROM conversations"),
        try await system.count("SELECT count(*) FROM messages"),
      ]
    }
  }
}
