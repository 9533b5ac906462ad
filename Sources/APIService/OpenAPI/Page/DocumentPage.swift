import Crypto
import Foundation
import HTTPTypes
import Settings

/// The OpenAPI document for people: one page that needs no script and nothing from another host.
struct DocumentPage: Sendable {
  private let document: OpenAPIDocument

  init(_ document: OpenAPIDocument) { self.document = document }

  /// Nothing but our own style is let in, named by its hash.
  static let securityPolicy: String = {
    let hash = Data(SHA256.hash(data: Data(PageStyle.text.utf8))).base64EncodedString()
    return "default-src 'none'; style-src 'sha256-\(hash)'; img-src data:; base-uri 'none'; "
      + "form-action 'none'; frame-ancestors 'none'"
  }()

  var html: String {
    let page: HTML = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>freshet API</title>
      <link rel="icon" href="data:,">
      <style>\(HTML(stringLiteral: PageStyle.text))</style>
      </head>
      <body>
      <nav aria-label="Contents">
      \(contents)
      </nav>
      <main>
      <h1>freshet API <small>\(ProgramVersion.current)</small></h1>
      \(HTML.prose(OpenAPIDocument.introduction))
      <p>For programs: <a href="openapi.json">openapi.json</a>, OpenAPI 3.1.</p>
      \(sections)
      <section>
      <h2 id="schemas">Schemas</h2>
      \(Schema.Name.allCases.map(PageSchema.init).map(\.html))
      </section>
      </main>
      </body>
      </html>

      """
    return page.source
  }

  private var tags: [(Operation.Tag, [Operation])] {
    Operation.Tag.allCases.map { tag in (tag, document.operations.filter { $0.tag == tag }) }
      .filter { !$0.1.isEmpty }
  }

  private var contents: [HTML] {
    tags.map { tag, operations in
      """
      <h2><a href="#\(tag.rawValue)">\(tag.rawValue)</a></h2>
      <ul>
      \(operations.map(Self.entry))
      </ul>
      """
    } + [##"<h2><a href="#schemas">schemas</a></h2>"##]
  }

  private static func entry(_ operation: Operation) -> HTML {
    ##"<li><a href="#\##(operation.id)">\##(operation.summary)</a></li>"##
  }

  private var sections: [HTML] {
    tags.map { tag, operations in
      """
      <section>
      <h2 id="\(tag.rawValue)">\(tag.rawValue)</h2>
      <p>\(tag.details)</p>
      \(operations.map(PageOperation.init).map(\.html))
      </section>
      """
    }
  }
}
