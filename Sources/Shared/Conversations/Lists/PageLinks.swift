/// The `Link` field of a page (RFC 8288): references to the pages around it that keep the query's other parameters.
///
/// None leads where the answer would be an error: pages that lie too deep have no link, and from the deepest page `next`
/// goes on by cursor.
package struct PageLinks: Sendable {
  private let path: String
  /// What all pages share, encoded, ready for one more parameter.
  private let parameters: String
  /// Nil when the list is read by cursor.
  private let page: PageRequest?

  /// - Parameters:
  ///   - path: of the list, percent-encoded.
  ///   - query: of the request.
  ///   - page: the page that was asked for; nil for reading by cursor.
  package init(path: String, query: QueryParameters, page: PageRequest?) {
    var parameters = "?"
    for (name, value) in query.values where name != "page" && name != "cursor" {
      parameters += "\(PercentEncoder.encode(name))=\(PercentEncoder.encode(value))&"
    }
    self.init(path: path, parameters: parameters, page: page)
  }

  private init(path: String, parameters: String, page: PageRequest?) {
    self.path = path
    self.parameters = parameters
    self.page = page
  }

  /// Those of the same query to another list.
  package func moved(to path: String) -> PageLinks {
    PageLinks(path: path, parameters: parameters, page: page)
  }

  /// The field's value: `first` and, where they exist, `prev`, `next` and `last`.
  package func field(_ summary: PageSummary) -> String {
    var text = ""
    text.reserveCapacity(4 * (path.utf8.count + parameters.utf8.count + 30))
    for (relation, target) in targets(summary) {
      guard let target else { continue }
      // Numbers and cursors need no encoding.
      for part in [
        text.isEmpty ? "<" : ", <", path, parameters, target.name, "=", target.value, ">; rel=\"", relation,
        "\"",
      ] { text += part }
    }
    return text
  }

  private typealias Target = (name: String, value: String)

  private func targets(_ summary: PageSummary) -> [(relation: String, Target?)] {
    let next: Target? = summary.nextCursor.map { ("cursor", $0) }
    guard let page else { return [("first", ("cursor", "")), ("next", next)] }
    let last = summary.total.map { max(1, PageEnvelope.pages($0, page.limit)) }
    let previous = page.page > 1 ? min(page.page - 1, last ?? .max) : nil
    return [
      ("first", number(1)), ("prev", number(previous)),
      ("next", summary.hasMore ? number(page.page + 1) ?? next : nil), ("last", number(last)),
    ]
  }

  /// Nil for a page that lies too deep to be asked for.
  private func number(_ number: Int?) -> Target? {
    number.flatMap { PageRequest(page: $0, limit: page?.limit ?? 1) }.map { ("page", String($0.page)) }
  }
}
