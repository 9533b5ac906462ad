import Foundation
import NIOCore
import TestSupport
import Testing

/// A running API and the ways tests talk to it.
struct API: Sendable {
  let program: RunningProgram
  let system: LocalSystem

  /// Speaks as nobody.
  var anonymous: Client { Client(base: program.base, watchesContract: true) }

  /// Speaks with a token of the role service.
  var service: Client { client("backend", role: "service") }

  /// Speaks as `user`.
  func client(_ user: String, role: String? = nil) -> Client {
    Client(
      base: program.base, token: Token.valid(for: user, role: role, secret: system.jwtSecret),
      watchesContract: true)
  }

  /// Posts a webhook as the provider does.
  func post(_ event: Data, token: String? = nil, within limit: TimeAmount = .seconds(20)) async throws
    -> Answer
  {
    try await anonymous.send(
      "POST", "/webhooks/tavus?token=\(token ?? system.webhookToken)", ["Content-Type": "application/json"],
      body: event, within: limit)
  }

  /// Posts webhooks, eight at a time, and expects each to be accepted.
  func accept(_ events: [Data]) async throws {
    try await concurrently(events) { event in
      let answer = try await post(event)
      #expect(answer.status == 202, "\(answer)")
    }
  }

  /// The same as the provider does it: what is turned away, since Redis was slow for a moment, is sent again.
  func acceptInTheEnd(_ events: [Data]) async throws {
    try await concurrently(events) { event in _ = try await acceptInTheEnd(event) }
  }

  /// - Returns: the answer, and how often the event was turned away before.
  func acceptInTheEnd(_ event: Data) async throws -> (answer: Answer, refusals: Int) {
    var refusals = 0
    let answer = try await poll(within: .seconds(20)) {
      let answer = try await post(event)
      guard answer.status == 503 else { return answer }
      refusals += 1
      return nil
    }
    #expect(answer?.status == 202, "\(String(describing: answer))")
    return (try #require(answer), refusals)
  }

  /// Registers a conversation the way a backend does that has just created a call.
  func register(_ externalID: String, owner: String, title: String? = nil) async throws -> ConversationBody {
    var fields = ["externalId": externalID, "userId": owner]
    fields["title"] = title
    let answer = try await service.post("/conversations", fields)
    guard answer.status == 201 else { throw IntegrationError("cannot register \(externalID): \(answer)") }
    return try answer.decoded()
  }
}
