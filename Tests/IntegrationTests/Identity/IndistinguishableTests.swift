import Foundation
import Testing

extension Integration {
  @Suite("Somebody else's and none")
  struct IndistinguishableTests {
    /// A request, and the conversations that it is made about.
    struct Probe: Sendable, CustomTestStringConvertible {
      let method: String
      let suffix: String
      var body: [String: String]?

      var testDescription: String { "\(method) \(suffix)" }
    }

    @Test(
      "Somebody else's conversation and none are one answer to the byte, and take equally long, cached or not",
      arguments: [
        Probe(method: "GET", suffix: ""), Probe(method: "GET", suffix: "/messages"),
        Probe(method: "PATCH", suffix: "", body: ["title": "Mine"]), Probe(method: "DELETE", suffix: ""),
      ])
    func alike(_ probe: Probe) async throws {
      let api = try await SharedSystem.api()
      let (owner, stranger) = (api.client(Name.user()), api.client(Name.user()))
      var (others, none): ([String], [String]) = ([], [])
      for _ in 0..<90 {
        let created = try await owner.post("/conversations", ["title": "Private"])
        others.append(try created.decoded(ConversationBody.self).id)
        none.append(UUID().uuidString.lowercased())
      }
      // Asked once, so that neither code nor connections are new.
      for id in others.prefix(10) + none.prefix(10) { _ = try await ask(stranger, probe, id) }
      for round in ["first", "second"] {
        var (theirs, nobodys): ([Duration], [Duration]) = ([], [])
        for (turn, (other, nothing)) in zip(others.dropFirst(10), none.dropFirst(10)).enumerated() {
          // By turns, each first as often as second, so that whatever else the machine does falls on both.
          let ids = turn.isMultiple(of: 2) ? [other, nothing] : [nothing, other]
          var asked: [String: (Answer, Duration)] = [:]
          for id in ids { asked[id] = try await ask(stranger, probe, id) }
          let (found, one) = try #require(asked[other])
          let (absent, two) = try #require(asked[nothing])
          #expect(found.text.replacing(other, with: "id") == absent.text.replacing(nothing, with: "id"))
          #expect(found.status == 404 && absent.status == 404)
          #expect(Self.fields(found) == Self.fields(absent))
          theirs.append(one)
          nobodys.append(two)
        }
        let chance = Self.chanceOfLonger(theirs, than: nobodys)
        // For equal ones of this number the standard deviation is 0.05; what can be told apart is near 0 or 1.
        #expect((0.25...0.75).contains(chance), "\(round) time: \(chance)")
      }
      // It is still there.
      #expect(try await owner.get("/conversations/\(others[20])").status == 200)
    }

    private func ask(_ client: Client, _ probe: Probe, _ id: String) async throws -> (Answer, Duration) {
      let body = try probe.body.map { try JSON.bytes($0) }
      let headers = ["X-Request-Id": "same", "Content-Type": "application/json"]
      let start = ContinuousClock.now
      let answer = try await client.send(
        probe.method, "/conversations/\(id)\(probe.suffix)", headers, body: body)
      return (answer, ContinuousClock.now - start)
    }

    /// All of them, without the values of those that count requests or seconds.
    private static func fields(_ answer: Answer) -> [String] {
      let counting = ["date", "ratelimit", "x-ratelimit-remaining", "x-ratelimit-reset"]
      return answer.headers.map { "\($0.name): \(counting.contains($0.name.lowercased()) ? "" : $0.value)" }
    }

    /// How likely one of these takes longer than one of those (the statistic of Mann and Whitney): 0.5 when nothing tells
    /// them apart.
    private static func chanceOfLonger(_ these: [Duration], than those: [Duration]) -> Double {
      let longer = these.map { this in those.count { this > $0 } }.reduce(0, +)
      return Double(longer) / Double(these.count * those.count)
    }
  }
}
