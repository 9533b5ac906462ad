import Crypto
import Foundation
import HTTPTypes
import Testing

@testable import APIService

/// Against the vectors that the reference libraries of Standard Webhooks are tested with.
@Suite struct WebhookSignatureTests {
  private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  private static let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
  private static let timestamp = 1_614_265_330
  private static let payload = #"{"test": 2432232314}"#
  private static let code = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
  private static let wrong = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="

  @Test("The published signature is accepted, for these bytes only")
  func published() throws {
    #expect(try Self.accepts())
    #expect(try !Self.accepts(payload: #"{"test": 2432232315}"#))
    #expect(try !Self.accepts(payload: ""))
    #expect(try !Self.accepts(id: "msg_p5jXN8AQM9LWM0D4loKWxJel"))
    #expect(try !Self.accepts(timestamp: "\(Self.timestamp + 1)"))
    #expect(try !Self.accepts(secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx"]))
    #expect(try !Self.accepts(secrets: []))
  }

  @Test(
    "One good signature among several is enough; other versions do not count",
    arguments: [
      ("\(wrong) \(code)", true), ("\(code) \(wrong)", true), ("v2,abc \(wrong) \(code) v1a,xyz", true),
      ("v1,!!! \(code)", true), ("  \(code)  ", true), (wrong, false), ("v1,AA== \(wrong)", false),
      ("v1, \(wrong)", false),
    ])
  func several(signatures: String, isAccepted: Bool) throws {
    #expect(try Self.accepts(signatures: signatures) == isAccepted)
  }

  @Test(
    "Without a signature of version 1 there is nothing to verify",
    arguments: [
      "", "v1", "v1,", code.replacing("v1,", with: ""), code.replacing("v1,", with: "v2,"),
      code.replacing("v1,", with: "V1,"), code.replacing("v1,", with: "v1,!"), "v1,AA==",
    ])
  func none(signatures: String) {
    #expect(throws: Problem.self) { try Self.accepts(signatures: signatures) }
  }

  @Test("Each of several secrets is good while one is being rotated")
  func rotation() throws {
    let other = "whsec_\(Data(repeating: 7, count: 32).base64EncodedString())"
    #expect(try Self.accepts(secrets: [other, Self.secret]))
    #expect(try Self.accepts(secrets: [Self.secret, other]))
    #expect(try !Self.accepts(secrets: [other]))
  }

  @Test(
    "The clocks may differ by five minutes",
    arguments: [(-300, true), (300, true), (-301, false), (301, false)])
  func tolerance(offset: Int, isAccepted: Bool) throws {
    guard isAccepted else {
      #expect(throws: Problem.self) { try Self.accepts(clock: offset) }
      return
    }
    #expect(try Self.accepts(clock: offset))
  }

  @Test(
    "A timestamp is whole seconds",
    arguments: [
      "", "now", "1614265330.5", "+1614265330", "-1", "0x60375e32", "16142653300000000000",
    ])
  func timestamps(text: String) {
    #expect(throws: Problem.self) { try Self.accepts(timestamp: text) }
  }

  @Test("Headers that are missing or repeated are refused")
  func headers() {
    let full: HTTPFields = [
      .webhookID: Self.id, .webhookTimestamp: "\(Self.timestamp)", .webhookSignature: Self.code,
    ]
    for name in [HTTPField.Name.webhookID, .webhookTimestamp, .webhookSignature] {
      var fields = full
      fields[name] = nil
      #expect(throws: Problem.self) { try WebhookSignature(fields, now: Self.now) }
    }
    for name in [HTTPField.Name.webhookID, .webhookTimestamp] {
      var fields = full
      fields.append(HTTPField(name: name, value: full[name] ?? ""))
      #expect(throws: Problem.self) { try WebhookSignature(fields, now: Self.now) }
    }
  }

  @Test(
    "A secret is whsec_ and the base64 of 24 bytes or more",
    arguments: [
      (secret, true), ("whsec_\(Data(repeating: 1, count: 64).base64EncodedString())", true),
      ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false), ("whsec_", false),
      ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa", false),
      ("whsec_not base64 at all, but long enough", false), ("WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false),
    ])
  func secrets(text: String, isGood: Bool) {
    #expect(WebhookSigningSecrets([text]).count == (isGood ? 1 : 0))
  }

  private static var now: Date { Date(timeIntervalSince1970: Double(timestamp)) }

  private static func accepts(
    id: String = id, timestamp: String = "\(timestamp)", signatures: String = code, payload: String = payload,
    secrets: [String] = [secret], clock offset: Int = 0
  ) throws -> Bool {
    let signature = try WebhookSignature(
      [.webhookID: id, .webhookTimestamp: timestamp, .webhookSignature: signatures],
      now: now.addingTimeInterval(Double(offset)))
    return WebhookSigningSecrets(secrets).verify(signature, of: Array(payload.utf8))
  }
}
