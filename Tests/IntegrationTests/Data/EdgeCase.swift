import Crypto
import Foundation

/// A webhook body with the outcome it should have.
struct EdgeCase: Sendable {
  enum Expectation: String, Sendable {
    /// 2xx and stored.
    case accept
    /// 2xx, and no message row written or changed.
    case ignore
    /// 4xx, and nothing queued.
    case reject
  }

  let name: String
  let expectation: Expectation
  let body: Data
  /// The length of the transcript array.
  let entries: Int?
  /// The case it follows.
  let after: String?
  /// A judgement call, which the contract decides.
  let isPolicy: Bool

  /// A line of `edge_cases.ndjson`.
  init(line: Data) throws {
    guard let fields = try JSONSerialization.jsonObject(with: line) as? [String: Any],
      let name = fields["name"] as? String,
      let expectation = (fields["expect"] as? String).flatMap(Expectation.init(rawValue:)),
      let body = Self.body(fields)
    else { throw IntegrationError("no edge case: \(String(decoding: line.prefix(200), as: UTF8.self))") }
    if let bytes = fields["body_bytes"] as? Int, bytes != body.count {
      throw IntegrationError("\(name): \(body.count) bytes, not \(bytes)")
    }
    if let digest = fields["body_sha256"] as? String, digest != LocalSystem.eventID(of: body) {
      throw IntegrationError("\(name): the body is not the one meant")
    }
    self.init(
      name, expectation, body, entries: fields["entries"] as? Int, after: fields["after"] as? String,
      isPolicy: fields["policy"] as? Bool ?? false)
  }

  init(
    _ name: String, _ expectation: Expectation, _ body: Data, entries: Int? = nil, after: String? = nil,
    isPolicy: Bool = false
  ) {
    self.name = name
    self.expectation = expectation
    self.body = body
    self.entries = entries
    self.after = after
    self.isPolicy = isPolicy
  }

  private static func body(_ fields: [String: Any]) -> Data? {
    if let text = fields["body"] as? String { return Data(text.utf8) }
    if let text = fields["body_b64"] as? String { return Data(base64Encoded: text) }
    guard let recipe = fields["body_repeat"] as? [String: Any] else { return nil }
    func part(_ name: String) -> String { recipe[name] as? String ?? "" }
    func repeated(_ name: String, _ count: String) -> String {
      String(repeating: part(name), count: recipe[count] as? Int ?? 0)
    }
    let text =
      part("prefix") + repeated("unit", "count") + part("middle") + repeated("close", "close_count")
      + part("suffix")
    return Data(text.utf8)
  }
}
