import Testing

@testable import APIService

@Suite struct TrailingBlankTests {
  @Test(
    "Blanks behind a value are no part of it",
    arguments: ["Host: a \r\n", "Host: a\t \r\n", "Host: a\r\nConnection: keep-alive \r\n"],
    [
      "", "Transfer-Encoding: chunked \r\n", "Expect: 100-continue \t\r\n",
    ])
  func blanks(_ host: String, _ field: String) throws {
    let connection = try EmbeddedConnection()
    let body = field.hasPrefix("T") ? "1\r\nx\r\n0\r\n\r\n" : ""
    try connection.send("POST /a HTTP/1.1\r\n\(host)\(field)\r\n\(body)")
    #expect(connection.program.paths == ["/a"] && connection.program.ends == 1)
  }
}
