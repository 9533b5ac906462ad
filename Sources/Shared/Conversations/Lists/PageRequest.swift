/// Which page of a list is wanted: `page` ≥ 1, `limit` 1–100, together not deeper than 10,000 rows.
package struct PageRequest: Hashable, Sendable {
  /// One-based.
  package let page: Int
  /// Items per page.
  package let limit: Int

  /// Rows a page may reach into a list; beyond, skipping costs too much.
  package static let maximumDepth = 10_000

  /// Nil when out of range.
  package init?(page: Int = 1, limit: Int = 50) {
    guard page >= 1, (1...100).contains(limit), page <= Self.maximumDepth / limit else { return nil }
    self.page = page
    self.limit = limit
  }

  private init(limit: Int) { (page, self.limit) = (1, limit) }

  /// Takes `page` and `limit`; where they are wrong that is noted in `query` and the first page returned.
  package init(_ query: inout QueryParameters) {
    let page = query.integer("page", in: 1...Int.max) ?? 1
    self.init(limitOf: &query)
    if let request = PageRequest(page: page, limit: limit) {
      self = request
    } else {
      let detail = "page × limit must be at most 10,000: use a cursor, from ?cursor= on, to read further."
      query.refuse("page", "too_deep", detail)
    }
  }

  /// Takes `limit` alone, for reading by cursor: where pages have no numbers, all count as the first.
  package init(limitOf query: inout QueryParameters) {
    self.init(limit: query.integer("limit", in: 1...100) ?? 50)
  }

  /// Whether the page behind this one lies too deep.
  package var isDeepest: Bool { PageRequest(page: page + 1, limit: limit) == nil }

  /// Rows before the page: SQL's OFFSET.
  package var offset: Int { (page - 1) * limit }
}
