/// The `Link` field of a page (RFC 8288): references to the pages around it that keep the query's other parameters.
///
/// None leads where the answer would be an error: pages that lie too deep have no link, and from the deepest page `next`
/// goes on by cursor.
package struct PageLinks: Sendable {
  private let path: String
  /// The parameters that all pages share.
  private let shared: [(name: String, value: String)]
  /// Nil when the list is read by cursor.
  private let page: PageRequest?

  /// - Parameters:
  ///   - path: of the list, percent-encoded.
  ///   - query: of the request.
  ///   - page: the page that was asked for; nil for reading by cursor.
  package init(path: String, query: QueryParameters, page: PageRequest?) {
    self.path = path
    shared = query.values.filter { $0.name != "page" && $0.name != "cursor" }
    self.page = page
  }

  /// The field's value: `first` and, where they exist, `prev`, `next` and `last`.
  package func field(_ summary: PageSummary) -> String {
    targets(summary).map { relation, target in "<\(reference(target))>; rel=\"\(relation)\"" }
      .joined(separator: ", ")
  }

  private typealias Target = (name: String, value: String)

  private func targets(_ summary: PageSummary) -> [(relation: String, Target)] {
    let next: Target? = summary.nextCursor.map { ("cursor", $0) }
    guard let page else { return [("first", ("cursor", ""))] + (next.map { [("next", $0)] } ?? []) }
    let last = summary.total.map { max(1, PageEnvelope.pages($0, page.limit)) }
    let previous = page.page > 1 ? min(page.page - 1, last ?? .max) : nil
    return [
      ("first", number(1)), ("prev", number(previous)),
      ("next", summary.hasMore ? number(page.page + 1) ?? next : nil), ("last", number(last)),
    ].compactMap { relation, target in target.map { (relation, $0) } }
  }

  /// Nil for a page that lies too deep to be asked for.
  private func number(_ number: Int?) -> Target? {
    number.flatMap { PageRequest(page: $0, limit: page?.limit ?? 1) }.map { ("page", String($0.page)) }
  }

  private func reference(_ target: Target) -> String {
    let pairs = (shared + [target]).map {
      "\(PercentEncoder.encode($0.name))=\(PercentEncoder.encode($0.value))"
    }
    return "\(path)?\(pairs.joined(separator: "&"))"
  }
}
