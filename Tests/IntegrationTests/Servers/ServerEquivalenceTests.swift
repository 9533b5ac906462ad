import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Three servers, the same answers", .timeLimit(.minutes(10)))
  struct ServerEquivalenceTests {
    private static let page = "https://app.example.com"

    @Test(
      "Every answer is the same by each server, byte for byte, and so is what is counted and left of the limit"
    )
    func answers() async throws {
      try await ServerTrio.run(["CORS_ORIGINS": Self.page]) { trio in
        let tables = try await Self.tables(trio)
        for (name, table) in [
          ("hits", tables.hits), ("askers", tables.askers), ("targets", tables.targets),
          ("methods", tables.methods),
        ] {
          try await Self.compare(trio, name) { table }
        }
        try await Self.compare(trio, "writes") {
          tables.writes("written-\(Int.random(in: 10_000_000..<100_000_000))")
        }
      }
    }

    @Test("Whoever is beyond the limit is refused by each server at the same request, with the same answer")
    func limits() async throws {
      try await ServerTrio.run(["RATE_LIMIT_REQUESTS": "3", "RATE_LIMIT_WINDOW_SECONDS": "600"]) { trio in
        let tables = try await Self.tables(trio)
        try await Self.compare(trio, "limited") { tables.limited }
      }
    }

    @Test("A token that was good is refused by each server once it has expired")
    func expiry() async throws {
      try await ServerTrio.run { trio in
        let conversation = try await trio.conversation(of: "anna", ["hello"])
        let path = "/conversations/\(conversation.id)"
        // Good for some seconds more than the leeway of a minute is over.
        let end = Int(Date().timeIntervalSince1970) + 3
        let token = Token.signed(["sub": "anna", "exp": end - 60], secret: trio.system.jwtSecret)
        let read = Exchange.hit(path, ["Authorization: Bearer \(token)"])
        for server in trio.servers {
          #expect(try await trio.play([read, read, read], on: server).map(\.status) == [200, 200, 200])
        }
        try await Task.sleep(for: .seconds(Double(end) + 1.5 - Date().timeIntervalSince1970))
        for server in trio.servers {
          #expect(try await trio.play([read, read], on: server).map(\.status) == [401, 401])
        }
      }
    }

    private static func tables(_ trio: ServerTrio) async throws -> ServerTables {
      let messages = (0..<23).map { "\($0) \(String(repeating: "message ", count: 20))" }
      let conversation = try await trio.conversation(of: "anna", messages)
      let foreign = try await trio.conversation(of: "bert", ["hello"])
      let answer = try await trio.warm("/conversations/\(conversation.id)")
      return ServerTables(
        id: conversation.id, owner: "anna", foreign: foreign.id, tag: try #require(answer.field("ETag")),
        secret: trio.system.jwtSecret, webhookToken: trio.system.webhookToken)
    }

    /// Plays a table on each server; all get the answers of the last, which is Hummingbird's own.
    private static func compare(
      _ trio: ServerTrio, _ name: String, _ table: () -> [Exchange]
    ) async throws {
      var all: [(kind: String, table: [Exchange], answers: [WireAnswer], counts: [String: Double])] = []
      for (kind, server) in zip(ServerTrio.kinds, trio.servers) {
        let table = table()
        let (answers, counts) = try await trio.playInTime(table, on: server)
        all.append((kind, table, answers, counts))
      }
      guard let model = all.last else { return }
      if name == "hits" { #expect(model.answers.allSatisfy { $0.status > 304 || $0.isHit }) }
      print("\(name): \(model.answers.count) answers by each server, \(statuses(model.answers))")
      for (kind, table, answers, counts) in all.dropLast() {
        for (exchange, (answer, expected)) in zip(table, zip(answers, model.answers)) {
          let (own, others) = (answer.masked(isNew: exchange.isNew), expected.masked(isNew: exchange.isNew))
          #expect(own == others, "\(name) by \(kind): \(exchange.text.prefix(600))")
        }
        #expect(counts == model.counts, "\(name) by \(kind)")
      }
    }

    private static func statuses(_ answers: [WireAnswer]) -> String {
      Dictionary(grouping: answers, by: \.status).mapValues(\.count).sorted { $0.key < $1.key }
        .map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
    }
  }
}
