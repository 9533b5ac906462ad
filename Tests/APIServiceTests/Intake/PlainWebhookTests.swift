import Testing

@testable import APIService

@Suite struct PlainWebhookTests {
  private static let line = "POST /webhooks/tavus?token=a-Z_0.~ HTTP/1.1"
  private static let length = "Host: a\r\nContent-Length: 12\r\n"

  private static func read(_ bytes: some Collection<UInt8>) -> (PlainWebhook, token: String?)? {
    Array(bytes).withUnsafeBytes { bytes in
      PlainWebhook(bytes).map { ($0, $0.token.map { bytes.text($0) }) }
    }
  }

  private static func head(_ line: String = line, _ fields: String = length) -> String {
    "\(line)\r\n\(fields)\r\n"
  }

  @Test("The head of a webhook is recognised, with its token and the length of its body")
  func whole() throws {
    let text = Self.head()
    let (webhook, token) = try #require(Self.read((text + "body").utf8))
    #expect(webhook.headLength == text.utf8.count && webhook.bodyLength == 12 && token == "a-Z_0.~")
    #expect(webhook.length == text.utf8.count + 12)
    let bare = try #require(Self.read(Self.head("POST /webhooks/tavus HTTP/1.1").utf8))
    #expect(bare.token == nil)
  }

  @Test("A head that has not come whole is none, wherever it is cut")
  func cutOff() {
    let text = Array(Self.head().utf8)
    for length in 0..<text.count { #expect(Self.read(text.prefix(length)) == nil, "\(length)") }
  }

  @Test(
    "Another line than that of a plain webhook is none",
    arguments: [
      "GET /webhooks/tavus HTTP/1.1", "post /webhooks/tavus HTTP/1.1", "POST /webhooks/tavus/ HTTP/1.1",
      "POST /webhooks/tavusx HTTP/1.1", "POST /webhooks/Tavus HTTP/1.1", "POST /webhooks/tavus? HTTP/1.1",
      "POST /webhooks/tavus?token=a&b=c HTTP/1.1", "POST /webhooks/tavus?b=c HTTP/1.1",
      "POST /webhooks/tavus?token=%61 HTTP/1.1", "POST /webhooks/tavus?token=a+b HTTP/1.1",
      "POST /webhooks/tavus?token=a#b HTTP/1.1", "POST /webhooks/tavus HTTP/1.0",
      "POST  /webhooks/tavus HTTP/1.1", "POST http://a/webhooks/tavus HTTP/1.1",
      "\r\nPOST /webhooks/tavus HTTP/1.1",
    ])
  func lines(_ line: String) { #expect(Self.read(Self.head(line).utf8) == nil) }

  @Test(
    "A field that is missing, comes twice, or changes how a request is read or answered, makes it none",
    arguments: [
      "Host: a\r\n", "Content-Length: 1\r\n", length + "Host: a\r\n", length + "Content-Length: 12\r\n",
      "Host: a\r\nContent-Length: \r\n", "Host: a\r\nContent-Length: +1\r\n",
      "Host: a\r\nContent-Length: 1234567\r\n",
      "Host: a\r\nContent-Length: 1, 1\r\n", length + "Transfer-Encoding: chunked\r\n",
      length + "Content-Encoding: identity\r\n", length + "Expect: 100-continue\r\n",
      length + "Connection: close\r\n",
      length + "Upgrade: h2c\r\n", length + "Trailer: x\r\n", length + "TE: trailers\r\n",
      length + "Proxy-Connection: x\r\n", length + "Origin: x\r\n", length + " folded\r\n",
      length + "X : y\r\n",
      length + "X-Request-Id: a\r\nX-Request-Id: b\r\n", length + "webhook-id: a\r\nWebhook-Id: a\r\n",
      length + String(repeating: "X: y\r\n", count: 64),
    ])
  func fields(_ fields: String) { #expect(Self.read(Self.head(Self.line, fields).utf8) == nil) }
}
