import Conversations
import Foundation
import HTTPTypes
import Hummingbird

/// How webhooks are authenticated: `WEBHOOK_AUTH`. One way, whatever else a request carries.
enum WebhookAuthentication: Sendable {
  /// A shared secret in the callback URL.
  case token(WebhookTokens)
  /// Standard Webhooks.
  case standard(WebhookSigningSecrets)
  /// Everybody; for local use.
  case none

  /// What is left to be done once the body is there.
  enum Claim: Sendable {
    case accepted
    case signed(WebhookSignature, WebhookSigningSecrets)
  }

  /// Judges all that can be judged without the body, so that most strangers do not get to send theirs. Throws a 401.
  func claim(of request: Request) throws(Problem) -> Claim {
    // Other parameters are ignored, since the provider may add its own.
    try claim(token: request.uri.queryParameters["token"].map(String.init), request.headers)
  }

  /// - Parameters:
  ///   - token: of the query.
  ///   - headers: those of Standard Webhooks at least.
  func claim(token: String?, _ headers: HTTPFields, now: Date = Date()) throws(Problem) -> Claim {
    switch self {
    case .none: return .accepted
    case .token(let tokens):
      guard tokens.accept(token ?? "") else { throw .unauthorized("the webhook token is missing or wrong") }
      return .accepted
    case .standard(let secrets): return .signed(try WebhookSignature(headers, now: now), secrets)
    }
  }
}

extension WebhookAuthentication.Claim {
  /// Judges the rest. Throws a 401.
  func verify(_ body: [UInt8]) throws(Problem) {
    guard case .signed(let signature, let secrets) = self else { return }
    guard secrets.verify(signature, of: body) else {
      throw .unauthorized("the webhook's signature is not valid")
    }
  }

  /// The event's id where the sender signed one. A 400 when it is none of ours, for who may send at all.
  func eventID() throws(Problem) -> EventID? {
    guard case .signed(let signature, _) = self else { return nil }
    guard let id = EventID(signature.id) else {
      throw .badRequest("invalid_webhook_id", "webhook-id: expected 1 to 128 characters of A-Z a-z 0-9 . _ -")
    }
    return id
  }
}
