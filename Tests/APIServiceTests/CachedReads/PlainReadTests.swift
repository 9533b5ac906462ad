import Conversations
import NIOCore
import Testing

@testable import APIService

private let id = "0195c0de-0000-7000-8000-00000000abcd"

@Suite struct PlainReadTests {
  private static let fields = "Host: a.example:8080\r\nAuthorization: Bearer x.y.z\r\n"

  /// What is recognised in a text, spelt out.
  private struct Reading: Equatable {
    var length: Int
    var conversation: String
    var isForMessages: Bool
    var query: String?
    var fields: [String?]
  }

  private static func read(_ text: String) -> Reading? { read(Array(text.utf8)) }

  private static func read(_ bytes: [UInt8]) -> Reading? {
    bytes.withUnsafeBytes { bytes in
      PlainRead(bytes).map { read in
        let fields = read.fields
        return Reading(
          length: read.length, conversation: read.conversation.description, isForMessages: read.isForMessages,
          query: read.query.map { bytes.text($0) },
          fields: [
            fields.host, fields.authorization, fields.accept, fields.acceptEncoding, fields.ifNoneMatch,
            fields.requestID, fields.origin,
          ].map { $0.map { bytes.text($0) } })
      }
    }
  }

  private static func head(_ target: String, _ fields: String = fields) -> String {
    "GET \(target) HTTP/1.1\r\n\(fields)\r\n"
  }

  // MARK: What is one

  @Test(
    "A conversation and its messages are recognised, with whatever query",
    arguments: [
      ("/conversations/\(id)", false, nil), ("/conversations/\(id)?", false, ""),
      ("/conversations/\(id)?x=1", false, "x=1"), ("/conversations/\(id)/messages", true, nil),
      ("/conversations/\(id)/messages?", true, ""),
      ("/conversations/\(id)/messages?page=2&limit=5", true, "page=2&limit=5"),
      ("/conversations/\(id)/messages?a=/%zz??;\"<>`{|}", true, "a=/%zz??;\"<>`{|}"),
    ] as [(String, Bool, String?)])
  func targets(_ target: String, isForMessages: Bool, query: String?) {
    let text = Self.head(target)
    #expect(
      Self.read(text)
        == Reading(
          length: text.utf8.count, conversation: id, isForMessages: isForMessages, query: query,
          fields: ["a.example:8080", "Bearer x.y.z", nil, nil, nil, nil, nil]))
  }

  @Test("Fields are found under names of any case, without the blanks before their values")
  func values() {
    let fields =
      "hOST:a\r\nAUTHORIZATION: \t Bearer  x\r\naccept:*/*\r\nAccept-Encoding:   gzip, br;q=0.5\r\n"
      + "if-none-match: \"a\", W/\"b\"\r\nX-Request-ID: r\tr\r\nOrigin:\r\nX-Other: \"#$%&'()*+,/:;<=>?@[\\]^`{|}~\r\n"
      + "Connection: Keep-Alive\r\n"
    let read = Self.read(Self.head("/conversations/\(id)", fields))
    #expect(
      read?.fields == [
        "a", "Bearer  x", "*/*", "gzip, br;q=0.5", "\"a\", W/\"b\"", "r\tr", "",
      ])
  }

  @Test("Of two requests that came together the first is read, to its last byte")
  func pipelined() {
    let first = Self.head("/conversations/\(id)")
    for second in [first, "POST / HTTP/1.1\r\n", "\r\n", "\u{0}"] {
      #expect(Self.read(first + second)?.length == first.utf8.count)
    }
  }

  // MARK: What is none

  @Test("A head that has not come whole is none, wherever it is cut")
  func cutOff() {
    let text = Array(Self.head("/conversations/\(id)/messages?page=1").utf8)
    for length in 0..<text.count { #expect(Self.read(Array(text.prefix(length))) == nil, "\(length)") }
    #expect(Self.read(text) != nil)
  }

  @Test(
    "Another line than that of a plain read is none",
    arguments: [
      "HEAD /conversations/\(id) HTTP/1.1", "POST /conversations/\(id) HTTP/1.1",
      "get /conversations/\(id) HTTP/1.1",
      "GET /conversations/\(id.uppercased()) HTTP/1.1", "GET /conversations/\(id)/ HTTP/1.1",
      "GET /conversations/\(id)/messages/ HTTP/1.1", "GET /conversations/\(id)/Messages HTTP/1.1",
      "GET /conversations/\(id)/messagesx HTTP/1.1",
      "GET /conversations//\(id) HTTP/1.1", "GET /conversations/\(id.dropLast()) HTTP/1.1",
      "GET /conversations/\(id)0 HTTP/1.1", "GET /conversations/\(id.replacing("-", with: "")) HTTP/1.1",
      "GET /conversations/%30\(id.dropFirst()) HTTP/1.1", "GET /conversations HTTP/1.1",
      "GET /users/\(id)/messages HTTP/1.1", "GET http://a/conversations/\(id) HTTP/1.1",
      "GET /conversations/\(id) HTTP/1.0", "GET /conversations/\(id) HTTP/1.2",
      "GET /conversations/\(id) HTTP/2.0", "GET /conversations/\(id) http/1.1",
      "GET /conversations/\(id)", "GET /conversations/\(id) ", "GET  /conversations/\(id) HTTP/1.1",
      "GET /conversations/\(id)  HTTP/1.1", "GET /conversations/\(id) HTTP/1.1 ",
      "GET\t/conversations/\(id) HTTP/1.1", "GET /conversations/\(id)\tHTTP/1.1",
      "GET /conversations/\(id)?a#b HTTP/1.1", "GET /conversations/\(id)#b HTTP/1.1",
      "GET /conversations/\(id)?a b HTTP/1.1", "GET /conversations/\(id)?é HTTP/1.1",
      "GET /conversations/\(id)?\u{7F} HTTP/1.1", "GET /conversations/\(id)?\u{0} HTTP/1.1",
      " GET /conversations/\(id) HTTP/1.1", "\r\nGET /conversations/\(id) HTTP/1.1",
    ])
  func lines(_ line: String) {
    #expect(Self.read("\(line)\r\n\(Self.fields)\r\n") == nil)
  }

  @Test(
    "A field that changes how a request is read, or what its connection does, makes it none",
    arguments: [
      "Content-Length: 0", "content-length: 5", "Transfer-Encoding: chunked", "TRANSFER-ENCODING: identity",
      "Expect: 100-continue", "Expect:", "Upgrade: h2c", "TE: trailers", "te:", "Trailer: x",
      "Connection: close", "Connection: keep-alive, close", "Connection: upgrade", "Connection:",
      "Connection: keep-alive2", "Proxy-Connection: keep-alive",
    ])
  func framing(_ field: String) {
    #expect(Self.read(Self.head("/conversations/\(id)", "\(Self.fields)\(field)\r\n")) == nil)
    #expect(Self.read(Self.head("/conversations/\(id)", "\(field)\r\n\(Self.fields)")) == nil)
  }

  @Test(
    "A field that decides about the answer and comes twice makes it none",
    arguments: [
      "Host", "Authorization", "Accept", "Accept-Encoding", "If-None-Match", "X-Request-Id", "Origin",
    ])
  func twice(_ name: String) {
    let others = name == "Host" ? "" : "Host: a\r\n"
    let once = Self.head("/conversations/\(id)", "\(others)\(name): a\r\n")
    let twice = Self.head("/conversations/\(id)", "\(others)\(name): a\r\n\(name.uppercased()): a\r\n")
    #expect(Self.read(once) != nil && Self.read(twice) == nil)
  }

  @Test(
    "Fields that are not spelt as they should be make it none",
    arguments: [
      "X: a\r\n folded\r\n", "X: a\r\n\tfolded\r\n", "X: a \r\n", "X: a\t\r\n", "X: a \t \r\n",
      "X: a\n", "X: a\r", "X: a\r\r\n", "X: a\rb\r\n",
      "X : a\r\n", "X\t: a\r\n", " X: a\r\n", ": a\r\n", "X\r\n", "X a\r\n", "X(: a\r\n", "X\u{E9}: a\r\n",
      "X: \u{E9}\r\n", "X: \u{0}\r\n", "X: \u{1B}\r\n", "X: \u{7F}\r\n", "\n", "\r",
    ])
  func spelling(_ field: String) {
    #expect(Self.read("GET /conversations/\(id) HTTP/1.1\r\n\(Self.fields)\(field)\r\n") == nil)
  }

  @Test("Lines that end without a carriage return make it none")
  func bareEnds() {
    let text = Self.head("/conversations/\(id)")
    #expect(Self.read(text.replacing("\r\n", with: "\n")) == nil)
    #expect(Self.read(text.dropLast(2) + "\n") == nil)
    #expect(Self.read(text.replacing(" HTTP/1.1\r\n", with: " HTTP/1.1\n")) == nil)
  }

  @Test("Without Host, with 66 fields or beyond 4 KiB it is none")
  func limits() {
    func read(fields count: Int, bytes: Int = 1) -> Reading? {
      let more = (1..<count).map { "X-\($0): \(String(repeating: "a", count: bytes))\r\n" }.joined()
      return Self.read(Self.head("/conversations/\(id)", "Host: a\r\n\(more)"))
    }
    #expect(Self.read(Self.head("/conversations/\(id)", "Authorization: a\r\n")) == nil)
    #expect(Self.read(Self.head("/conversations/\(id)", "")) == nil)
    #expect(read(fields: 64) != nil && read(fields: 66) == nil)
    #expect(read(fields: 2, bytes: 4020) == nil && read(fields: 2, bytes: 4000) != nil)
  }
}
