import Foundation

/// Text that is HTML already: whatever comes from elsewhere enters it escaped.
struct HTML: Sendable, ExpressibleByStringInterpolation {
  let source: String

  init(stringLiteral source: String) { self.source = source }
  init(stringInterpolation parts: Interpolation) { source = parts.source }

  private init(_ source: String) { self.source = source }

  /// One after the other, each on its line.
  static func lines(_ parts: [HTML]) -> HTML { HTML(parts.map(\.source).joined(separator: "\n")) }

  /// Of CommonMark what the document uses: paragraphs, and code between backticks.
  static func prose(_ text: String) -> HTML {
    lines(text.split(separator: "\n\n").map { "<p>\(inline(String($0)))</p>" })
  }

  /// The same within a line.
  static func inline(_ text: String) -> HTML {
    let parts = text.split(separator: "`", omittingEmptySubsequences: false)
    return HTML(
      parts.enumerated().map { index, part in
        index % 2 == 0 ? escape(String(part)) : "<code>\(escape(String(part)))</code>"
      }.joined())
  }

  private static func escape(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  /// Strings are escaped, HTML is not.
  struct Interpolation: StringInterpolationProtocol {
    var source = ""

    init(literalCapacity: Int, interpolationCount: Int) { source.reserveCapacity(literalCapacity * 2) }
    mutating func appendLiteral(_ literal: String) { source += literal }
    mutating func appendInterpolation(_ text: String) { source += HTML.escape(text) }
    mutating func appendInterpolation(_ html: HTML) { source += html.source }
    mutating func appendInterpolation(_ parts: [HTML]) { source += HTML.lines(parts).source }
  }
}
