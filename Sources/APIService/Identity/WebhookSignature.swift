import Foundation
import HTTPTypes

/// What a request says about its signature by Standard Webhooks 1.0: who signed what, when. Read before the body is.
struct WebhookSignature: Sendable, Equatable {
  /// `webhook-id`, signed with the body: what deduplicates the event.
  let id: String
  /// `webhook-timestamp`, as it was sent.
  let timestamp: String
  /// The codes of `webhook-signature` in the version that we know, `v1`.
  let codes: [Data]

  private static let tolerance = 300
  private static let codeLength = 32

  /// Throws a 401 when a header is missing, repeated or not well formed, or the time is more than five minutes away.
  init(_ headers: HTTPFields, now: Date) throws(Problem) {
    guard let id = Self.only(headers[values: .webhookID]),
      let timestamp = Self.only(headers[values: .webhookTimestamp])
    else { throw .unauthorized("the webhook is not signed: webhook-id or webhook-timestamp is missing") }
    guard timestamp.utf8.count <= 12, timestamp.utf8.allSatisfy({ (48...57).contains($0) }),
      let seconds = Int(timestamp), abs(seconds - Int(now.timeIntervalSince1970)) <= Self.tolerance
    else { throw .unauthorized("webhook-timestamp is not within \(Self.tolerance) seconds of now") }
    codes = headers[values: .webhookSignature].flatMap { $0.split(separator: " ") }
      .filter { $0.hasPrefix("v1,") }.compactMap { Data(base64Encoded: String($0.dropFirst(3))) }.filter {
        $0.count == Self.codeLength
      }
    guard !codes.isEmpty else { throw .unauthorized("webhook-signature has no v1 signature") }
    self.id = id
    self.timestamp = timestamp
  }

  private static func only(_ values: [String]) -> String? {
    values.count == 1 && !values[0].isEmpty ? values[0] : nil
  }
}
