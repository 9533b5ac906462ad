import Foundation
import NIOConcurrencyHelpers
import TestSupport
import Testing

extension Integration {
  @Suite("Rate limit over several APIs")
  struct SharedLimitTests {
    /// An admitted request, as its client saw it; it was admitted somewhere between the two.
    private struct Admission {
      let sent: ContinuousClock.Instant
      let answered: ContinuousClock.Instant
    }

    @Test(
      "Three APIs at once never admit more than the limit in any window, and all that it allows",
      arguments: [20, 600])
    func anyWindow(requests: Int) async throws {
      try await LocalSystem.run { system in
        let window = Duration.seconds(2)
        let length = Duration.seconds(requests < 100 ? 5 : 3)
        let settings = ["RATE_LIMIT_REQUESTS": "\(requests)", "RATE_LIMIT_WINDOW_SECONDS": "2"]
        let apis = [
          try await system.startAPI(settings), try await system.startAPI(settings),
          try await system.startAPI(settings),
        ]
        let path =
          "/conversations/\(try await apis[0].client("anna").post("/conversations", [:]).decoded(ConversationBody.self).id)"
        let admissions = NIOLockedValueBox<[Admission]>([])
        let refusals = Counter()
        let start = ContinuousClock.now
        try await concurrently(0..<6) { worker in
          let client = apis[worker % apis.count].client("anna")
          while ContinuousClock.now - start < length {
            let sent = ContinuousClock.now
            let answer = try await client.get(path)
            let admission = Admission(sent: sent, answered: .now)
            switch answer.status {
            case 200: admissions.withLockedValue { $0.append(admission) }
            case 429: _ = refusals.next()
            default: Issue.record("\(answer)")
            }
          }
        }
        let sorted = admissions.withLockedValue { $0 }.sorted { $0.answered < $1.answered }
        // Of more than the limit the last was admitted a window after the first: so it was answered that long after the
        // first was sent. Two clocks take part, which may drift apart a little.
        for first in sorted.indices.dropLast(requests) {
          let group = sorted[first...(first + requests)]
          let earliest = try #require(group.map(\.sent).min())
          #expect(sorted[first + requests].answered - earliest >= window - .milliseconds(5))
        }
        // Each window that has passed since gave its limit anew, if the clients asked for so much.
        if requests < 100 {
          #expect(refusals.last > 0)
          #expect(sorted.count >= 2 * requests, "\(sorted.count)")
        }
        #expect(sorted.count <= 3 * requests)
      }
    }

    @Test("Whoever goes on while refused is admitted as soon as the window has passed")
    func persistence() async throws {
      try await LocalSystem.run { system in
        let api = try await system.startAPI(["RATE_LIMIT_REQUESTS": "5", "RATE_LIMIT_WINDOW_SECONDS": "3"])
        let client = api.client("anna")
        let start = ContinuousClock.now
        for _ in 0..<5 { #expect(try await client.get("/conversations").status == 200) }
        let full = ContinuousClock.now
        var refusals = 0
        while try await client.get("/conversations").status == 429 {
          refusals += 1
          try #require(ContinuousClock.now - full < .seconds(10))
          try await Task.sleep(for: .milliseconds(20))
        }
        let waited = ContinuousClock.now
        #expect(refusals > 10)
        #expect(waited - start >= .seconds(2.99))
      }
    }
  }
}
