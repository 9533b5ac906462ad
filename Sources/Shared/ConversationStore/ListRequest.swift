package import Conversations

/// Which part of a list is wanted, and whether it is to be counted.
package struct ListRequest: Sendable, Hashable {
  package let page: PageRequest
  /// Without it `total` is null, and so cheap that even the list over all users may be asked for.
  package let includesTotal: Bool

  package init(page: PageRequest, includesTotal: Bool = true) {
    self.page = page
    self.includesTotal = includesTotal
  }

  /// Takes `page`, `limit` and `total`.
  package init(_ query: inout QueryParameters) {
    page = PageRequest(&query)
    includesTotal = query.boolean("total") ?? true
  }

  /// Rows to fetch: without a total one more than the page, which tells whether there is another.
  var fetchLimit: Int { page.limit + (includesTotal ? 0 : 1) }

  /// The envelope around the items of the fetched rows.
  func encode(_ items: [some JSONEncodable], total: Int?) -> [UInt8] {
    let envelope =
      total.map { PageEnvelope(page, total: $0) } ?? PageEnvelope(page, hasMore: items.count > page.limit)
    return envelope.encode(items.prefix(page.limit))
  }
}
