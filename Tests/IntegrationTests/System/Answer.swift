import Foundation
import NIOHTTP1

/// What came back.
struct Answer: Sendable, CustomStringConvertible {
  let status: Int
  let headers: HTTPHeaders
  let body: Data

  var text: String { String(decoding: body, as: UTF8.self) }

  var description: String { "\(status) \(headers) \(text.prefix(400))" }

  /// The value of a field that is there once; nil also when it is repeated, which none of ours may be.
  func field(_ name: String) -> String? {
    let values = headers[name]
    return values.count == 1 ? values[0] : nil
  }

  /// Whether the answer came from Redis, by RFC 9211.
  var isHit: Bool { field("Cache-Status")?.hasPrefix("redis; hit; ttl=") == true }

  /// Whether the answer came from Postgres because Redis had none.
  var isMiss: Bool { field("Cache-Status") == "redis; fwd=miss" }

  /// Whether Redis was passed over, because it did not answer in time just now.
  var isLate: Bool {
    ["redis; fwd=bypass; detail=late", "redis; fwd=bypass; detail=breaker-open"].contains(
      field("Cache-Status"))
  }

  func decoded<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
    do { return try JSONDecoder().decode(type, from: body) } catch {
      throw IntegrationError("not a \(type): \(self): \(error)")
    }
  }

  func object() throws -> [String: Any] {
    guard let object = try JSONSerialization.jsonObject(with: body) as? [String: Any] else {
      throw IntegrationError("no JSON object: \(self)")
    }
    return object
  }
}

/// A page as the contract has it.
struct Page<Item: Decodable & Sendable>: Decodable, Sendable {
  let items: [Item]
  let total: Int
  let page: Int
  let limit: Int
  let totalPages: Int
  let hasMore: Bool
}

/// A conversation as the contract has it, but for its metadata.
struct ConversationBody: Decodable, Sendable, Equatable {
  let id: String
  let userId: String?
  let externalId: String?
  let title: String?
  let status: String
  let transcriptReceived: Bool
  let shutdownReason: String?
  let recordingUrl: String?
  let startedAt: String?
  let endedAt: String?
  let createdAt: String
  let updatedAt: String
}

/// A message as the contract has it.
struct MessageBody: Decodable, Sendable, Equatable {
  let id: String
  let conversationId: String
  let role: String
  let content: String
  let position: Int
  let spokenAt: String?
  let createdAt: String
}
