import Telemetry
import Testing

@testable import APIService

@Suite struct RequestRefusalTests {
  private static let long = String(repeating: "a", count: 9 << 10)

  @Test(
    "What is no request, or none that is served, is a problem, and the connection ends",
    arguments: [
      ("GET / HTTP/1.1\r\n\r\n", 400, "invalid_host"),
      ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "invalid_host"),
      ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "invalid_host"),
      ("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "invalid_host"),
      ("GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", 400, "invalid_host"),
      ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "malformed_request"),
      ("GET / HTTP/1.1\r\n: a\r\n\r\n", 400, "malformed_request"),
      ("GET / HTTP/1.1\nHost: a\n\n", 400, "malformed_request"),
      ("GET /\u{0} HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed_request"),
      ("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed_request"),
      ("GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed_request"),
      ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed_request"),
      ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed_request"),
      ("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed_request"),
      ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", 400, "malformed_request"),
      ("get / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "malformed_request"),
      (
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400,
        "malformed_request"
      ),
      (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400,
        "malformed_request"
      ),
      (
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", 400,
        "malformed_request"
      ),
      ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\n", 400, "malformed_request"),
      ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400, "malformed_request"),
      ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400, "malformed_request"),
      (
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400, "malformed_request"
      ),
      ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "malformed_request"),
      ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400, "malformed_request"),
      ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, "not_implemented"),
      ("POST / HTTP/1.1\r\nHost: a\r\nExpect: a miracle\r\n\r\n", 417, "expectation_failed"),
      ("PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "not_implemented"),
      ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501, "not_implemented"),
      ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "http_version_not_supported"),
      ("GET / HTTP/1.7\r\nHost: a\r\n\r\n", 505, "http_version_not_supported"),
      ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http_version_not_supported"),
      ("GET /\(long) HTTP/1.1\r\nHost: a\r\n\r\n", 414, "target_too_long"),
      ("GET /\(long)\(long)\(long) HTTP/1.1\r\nHost: a\r\n\r\n", 414, "target_too_long"),
      ("GET / HTTP/1.1\r\nHost: a\r\nX: \(long)\r\nY: \(long)\r\n\r\n", 431, "headers_too_large"),
      ("GET / HTTP/1.1\r\nHost: a\r\nX: \(long)\(long)\(long)\r\n\r\n", 431, "headers_too_large"),
      ("GET / HTTP/1.1\r\n" + String(repeating: "X:\r\n", count: 257) + "\r\n", 431, "headers_too_large"),
    ])
  func refused(_ request: String, status: Int, code: String) throws {
    for piece in [request.utf8.count, 1, 1000] {
      let connection = try EmbeddedConnection()
      let bytes = Array(request.utf8)
      for start in stride(from: 0, to: bytes.count, by: piece) {
        try connection.send(Array(bytes[start..<min(start + piece, bytes.count)]))
      }
      let answer = try connection.received()
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
      #expect(answer.contains("\"code\":\"\(code)\""), "\(answer)")
      #expect(answer.contains("\r\nContent-Type: application/problem+json\r\n"))
      #expect(answer.contains("\r\nConnection: close\r\n"))
      #expect(connection.isEnding && connection.program.requests.isEmpty)
      try connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try connection.received() == "" && connection.program.requests.isEmpty)
    }
  }

  @Test("A head that is too large is told so as well when it comes in one piece with a request before it")
  func behind() throws {
    let connection = try EmbeddedConnection()
    try connection.send(
      "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nX: \(Self.long)\(Self.long)")
    connection.answer()
    #expect(try connection.received().contains("\r\n\r\nHTTP/1.1 431 ") && connection.isEnding)
  }

  @Test("A method that nobody knows is a 501, and what is no method is a 400")
  func method() throws {
    for (word, status) in [("BREW", 501), ("QUERIES", 501), ("brew", 400), ("BR3W", 400), ("\u{1}", 400)] {
      let connection = try EmbeddedConnection()
      try connection.send("\(word) / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try connection.status() == status, "\(word)")
    }
  }

  @Test("A refusal to HEAD has no body, and the request's own id, if it has one")
  func head() throws {
    let connection = try EmbeddedConnection()
    try connection.send("HEAD /x?token=secret HTTP/1.1\r\nX-Request-Id: mine\r\n\r\n")
    let answer = try connection.received()
    #expect(answer.hasSuffix("\r\n\r\n") && answer.contains("\r\nX-Request-Id: mine\r\n"), "\(answer)")
    #expect(!answer.contains("Content-Length: 0"))
  }

  @Test("It names the path without its query, and is counted")
  func instance() throws {
    let connection = try EmbeddedConnection()
    try connection.send("GET /x?token=secret HTTP/1.1\r\n\r\n")
    let answer = try connection.received()
    #expect(answer.contains(#""instance":"/x""#) && !answer.contains("secret"), "\(answer)")
    #expect(answer.contains(" GMT\r\n"))
    let family = connection.metrics.families.first { $0.metric.name == "freshet_api_refusals_total" }
    #expect(family != nil)
  }

  @Test(
    "What is served reaches the program as a path",
    arguments: [
      ("GET /a?b=c", "/a?b=c"), ("GET http://a.example:80/b?c", "/b?c"), ("GET HTTPS://a", "/"),
      ("GET http://a?b", "/?b"), ("OPTIONS *", "*"), ("GET //a", "//a"),
      ("GET /" + String(long.prefix(8000)), nil),
      ("GET /%zz%00", "/%zz%00"),
    ])
  func served(_ line: String, path: String?) throws {
    for host in ["a", "a.example:8080", "[::1]:80", "127.0.0.1", "under_score"] {
      let connection = try EmbeddedConnection()
      try connection.send("\r\n\r\n", "\(line) HTTP/1.1\r\nhOsT: \(host)\r\nX: \(Self.long)\r\n\r\n")
      #expect(connection.program.paths == [path ?? String(line.dropFirst(4))])
      connection.answer()
      #expect(try connection.received() == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
      #expect(!connection.isEnding)
    }
  }
}
