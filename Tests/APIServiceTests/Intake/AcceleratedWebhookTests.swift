import Conversations
import Crypto
import Foundation
import HTTPTypes
import NIOCore
import Queue
import Testing

@testable import APIService

@Suite struct AcceleratedWebhookTests {
  private let lookups = StubLookups()
  private let offers = StubOffers()

  private func rig(isDraining: Bool = false) throws -> LoopRig {
    try LoopRig(isDraining: { isDraining }, cachedReads: { try lookups.parts($0) }, offers: offers)
  }

  private static let event =
    #"{"conversation_id":"c1","event_type":"e","webhook_url":"http://x?token=secret"}"#

  private static func webhook(
    _ body: String = event, query: String = "?token=secret", _ fields: String = "X-Request-Id: r1\r\n"
  ) -> String {
    "POST /webhooks/tavus\(query) HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private static func read(_ id: String) -> String {
    "GET /conversations/0195c0de-0000-7000-8000-00000000abcd HTTP/1.1\r\nHost: a\r\nX-Request-Id: \(id)\r\n\r\n"
  }

  private static let path: Substring = "/webhooks/tavus?token=secret"

  // MARK: What is answered

  @Test("A webhook that is safe is answered, counted, and never seen by the router")
  func queued() throws {
    let rig = try rig()
    for result in [EnqueueResult.queued, .duplicate] {
      try rig.send(Self.webhook())
      #expect(try rig.received() == "")
      offers.conclude(.success(result))
      let answer = try rig.received()
      let id = EventID(sha256Of: Array(Self.event.utf8).span).text
      #expect(answer.hasPrefix("HTTP/1.1 202 Accepted\r\n"), "\(answer)")
      #expect(
        answer.hasSuffix("\r\n\r\n{\"eventId\":\"\(id)\",\"status\":\"\(result.rawValue)\"}"), "\(answer)")
      #expect(answer.contains("\r\nX-Request-Id: r1\r\n") && !answer.contains("Vary"))
    }
    let envelope = try #require(offers.webhooks.first?.envelope)
    #expect(
      envelope.conversationID.text == "c1"
        && !String(decoding: envelope.payload, as: UTF8.self).contains("secret"))
    #expect(rig.router.paths.isEmpty && rig.counted(202, .receiveWebhook) == 2 && !rig.isEnding)
  }

  @Test("One whose body comes in pieces is put together, as long as they come at once")
  func pieces() throws {
    let rig = try rig()
    offers.isQuick = true
    let text = Self.webhook()
    let head = try #require(text.firstRange(of: "\r\n\r\n")).upperBound
    let length = text[..<head].utf8.count
    for cut in [length, length + 1, text.utf8.count - 1] {
      try rig.send(pieces: [String(text.prefix(cut)), String(text.dropFirst(cut))])
    }
    let rest = text[head...].map { String($0) }
    try rig.send(pieces: [String(text[..<head])] + rest.dropLast() + ["\(rest.last ?? "")" + Self.read("r1")])
    lookups.find()
    #expect(try rig.statuses() == ["202", "202", "202", "202", "200"] && rig.router.paths.isEmpty)
    try rig.send(pieces: [String(text.prefix(60)), String(text.dropFirst(60))])
    try rig.send(String(text.dropLast(5)), String(text.suffix(5)))
    #expect(rig.router.bodies == [.whole(Self.event), .whole(Self.event)] && offers.webhooks.count == 4)
  }

  @Test("Webhooks and reads are answered in their order, however they are mixed")
  func mixed() throws {
    let rig = try rig()
    (offers.isQuick, lookups.isQuick) = (true, true)
    try rig.send(Self.read("r1") + Self.webhook() + Self.read("r2") + Self.webhook() + Self.webhook())
    #expect(try rig.statuses() == ["200", "202", "200", "202", "202"])
    offers.isQuick = false
    try rig.send(Self.webhook() + Self.read("r3"), Self.webhook())
    #expect(offers.webhooks.count == 4 && lookups.reads.count == 2)
    offers.conclude(.success(.queued))
    #expect(lookups.reads.count == 3 && offers.webhooks.count == 5)
    offers.conclude(.success(.queued))
    #expect(try rig.statuses() == ["202", "200", "202"])
    #expect(rig.router.paths.isEmpty)
  }

  @Test("What the sender traces goes along when it has the length of a trace's context")
  func traceparent() throws {
    let rig = try rig()
    let context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    try rig.send(Self.webhook(Self.event, "Traceparent: \(context)\r\n"))
    offers.conclude(.success(.queued))
    try rig.send(Self.webhook(Self.event, "Traceparent: \(context)0\r\n"))
    #expect(offers.webhooks.map(\.traceparent) == [context, nil])
  }

  @Test("Who signs instead of sending a token is believed by the signature alone")
  func signed() throws {
    let key = Data(repeating: 7, count: 24)
    offers.authentication = .standard(WebhookSigningSecrets(["whsec_" + key.base64EncodedString()]))
    offers.isQuick = true
    let rig = try rig()
    let now = Int(Date().timeIntervalSince1970)
    for (id, time, isGenuine) in [
      ("w1", now, true), ("w2", now, false), ("w3", now - 1000, true), ("w 4", now, true),
    ] {
      var code = HMAC<SHA256>(key: SymmetricKey(data: key))
      code.update(data: Data("\(id).\(time).\(Self.event)".utf8))
      let signature = (isGenuine ? Data(code.finalize()) : Data(repeating: 0, count: 32))
        .base64EncodedString()
      let fields = "webhook-id: \(id)\r\nwebhook-timestamp: \(time)\r\nwebhook-signature: v1,\(signature)\r\n"
      try rig.send(Self.webhook(query: "", fields))
    }
    #expect(offers.webhooks.map(\.envelope.eventID.text) == ["w1"] && rig.router.paths.count == 3)
  }

  @Test("Where browsers may come from elsewhere, the answer says what it depends on")
  func crossOrigin() throws {
    var settings = CrossOriginSettings()
    settings.origins = ["https://a.example"]
    offers.crossOrigin = CrossOriginPolicy(settings)
    offers.isQuick = true
    let rig = try rig()
    try rig.send(Self.webhook())
    #expect(try rig.received().contains("\r\nVary: Origin\r\n"))
    try rig.send(Self.webhook(Self.event, "Origin: https://a.example\r\n"))
    #expect(rig.router.paths == [String(Self.path)])
  }

  // MARK: What is not

  @Test(
    "What is no plain webhook, or is refused, is the router's from its first byte",
    arguments: [
      webhook(query: ""), webhook(query: "?token=wrong"), webhook(query: "?token=secret&x=y"),
      webhook(query: "?x=y&token=secret"), webhook(query: "?token=%73ecret"), webhook(query: "?token="),
      webhook("{}"), webhook("["), webhook(""), webhook(#"{"conversation_id":"","event_type":"e"}"#),
      webhook(event + String(repeating: " ", count: 8000)),
      webhook(event, "Content-Encoding: gzip\r\n"), webhook(event, "Expect: 100-continue\r\n"),
      webhook(event, "Connection: close\r\n"), webhook(event, "Origin: https://a\r\n"),
      webhook(event, "Traceparent: a\r\nTraceparent: a\r\n"),
      "POST /webhooks/tavus?token=secret HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    ])
  func passedOn(_ text: String) throws {
    offers.isQuick = true
    let rig = try rig()
    try rig.send(text)
    #expect(rig.router.paths.count == 1 && offers.webhooks.isEmpty)
    #expect(rig.router.offered == [nil])
  }

  @Test("What the queue refuses, or does not answer, is the router's to tell, and is not offered again")
  func failed() throws {
    let failure = QueueError(.unavailable, "away")
    for (outcome, expected) in [
      (nil, nil), (.success(.full), .success(.full)), (.failure(failure), .failure(failure)),
    ] as [(Result<EnqueueResult, QueueError>?, Result<EnqueueResult, QueueError>?)] {
      let rig = try rig()
      try rig.send(Self.webhook() + Self.read("r1"))
      offers.conclude(outcome)
      rig.run()
      // What came behind it while the router was at work is the router's as well.
      #expect(rig.router.paths.count == 2 && rig.router.bodies == [.whole(Self.event)])
      #expect(rig.router.offered == [expected, nil])
    }
    offers.isAway = true
    let rig = try rig()
    try rig.send(Self.webhook())
    #expect(rig.router.offered == [nil] && rig.router.bodies == [.whole(Self.event)])
  }

  // MARK: Ends

  @Test("A client that closes its half is answered, and one that has gone is counted as such")
  func ends() throws {
    let half = try rig()
    try half.send(Self.webhook())
    half.halfClose()
    offers.conclude(.success(.queued))
    let answer = try half.received()
    #expect(
      answer.contains("\r\nConnection: close\r\n") && answer.hasPrefix("HTTP/1.1 202 ") && half.isEnding)
    let gone = try rig()
    try gone.send(Self.webhook())
    gone.vanish()
    offers.conclude(.success(.queued))
    #expect(gone.counted(499, .receiveWebhook) == 1 && gone.router.paths.isEmpty)
    let cut = try rig()
    try cut.send(pieces: [String(Self.webhook().dropLast(3))], thenHalfClose: true)
    #expect(cut.router.bodies == [.failed("malformed_request")] && offers.webhooks.count == 2)
  }

  @Test("While the service shuts down, the answer asks its client to come back elsewhere")
  func draining() throws {
    let rig = try rig(isDraining: true)
    offers.isQuick = true
    try rig.send(Self.webhook())
    #expect(try rig.received().contains("\r\nConnection: close\r\n") && rig.isEnding)
  }
}
