import Crypto
import Foundation
import Testing

@testable import APIService

@Suite struct DocumentPageTests {
  @Test("The page tells of every operation and schema")
  func complete() async throws {
    let document = try await OpenAPICommand.document()
    let html = DocumentPage(document).html
    for operation in document.operations {
      #expect(html.contains(#"<article id="\#(operation.id)""#))
      #expect(html.contains(##"<li><a href="#\##(operation.id)">"##))
      for parameter in operation.parameters { #expect(html.contains("<code>\(parameter.name)</code>")) }
    }
    for name in Schema.Name.allCases {
      #expect(html.contains(#"<article id="schema-\#(name.rawValue)">"#))
    }
  }

  @Test("Every link on the page leads to something on it, or to the document")
  func links() async throws {
    let html = DocumentPage(try await OpenAPICommand.document()).html
    let targets = Set(html.matches(of: #/ id="([^"]+)"/#).map { "#\($0.output.1)" }).union(["openapi.json"])
    let links = Set(html.matches(of: #/<a href="([^"]+)"/#).map { String($0.output.1) })
    #expect(links.count > 20)
    #expect(links.subtracting(targets).isEmpty)
  }

  @Test("The page has no script, asks no other host, and its policy lets its own style in and nothing else")
  func selfContained() async throws {
    let html = DocumentPage(try await OpenAPICommand.document()).html
    for word in ["<script", "javascript:", "http:", "https:", "src=", "@import", "url("] {
      #expect(!html.contains(word), "\(word)")
    }
    let style = try #require(html.firstMatch(of: #/(?s)<style>(.*?)</style>/#)).output.1
    let hash = Data(SHA256.hash(data: Data(style.utf8))).base64EncodedString()
    #expect(DocumentPage.securityPolicy.hasPrefix("default-src 'none'; style-src 'sha256-\(hash)';"))
    #expect(!html.contains("style=\""))
  }

  @Test("Text from elsewhere is escaped, code between backticks marked")
  func escaping() {
    #expect(
      HTML.inline("a < b & `<i>` \"q\"").source == "a &lt; b &amp; <code>&lt;i&gt;</code> &quot;q&quot;")
    #expect(HTML.prose("one\n\ntwo").source == "<p>one</p>\n<p>two</p>")
    let text = "<b>"
    let html: HTML = "<p>\(text)</p>"
    #expect(html.source == "<p>&lt;b&gt;</p>")
  }

  @Test("The page is HTML whose elements are closed in order")
  func wellFormed() async throws {
    let html = DocumentPage(try await OpenAPICommand.document()).html
    let void: Set = ["meta", "link", "!doctype"]
    var open: [Substring] = []
    for match in html.replacing(#/(?s)<style>.*?</style>/#, with: "").matches(of: #/<(/?)([a-z!0-9]+)[^>]*>/#)
    {
      let (_, slash, name) = match.output
      if slash.isEmpty {
        if !void.contains(String(name)) { open.append(name) }
      } else {
        #expect(open.popLast() == name)
      }
    }
    #expect(open.isEmpty)
  }
}
