package import Conversations
package import Keyspace

/// Which part of a list is wanted, and whether it is to be counted.
package struct ListRequest: Sendable, Hashable {
  /// With a cursor only its `limit` counts.
  package let page: PageRequest
  /// Where to read on; empty from the beginning. Nil for the numbered page.
  package let cursor: String?
  /// Without it `total` is null, and so cheap that even the list over all users may be asked for.
  package let includesTotal: Bool

  /// All three.
  package init(page: PageRequest, cursor: String? = nil, includesTotal: Bool = true) {
    self.page = page
    self.cursor = cursor
    self.includesTotal = includesTotal
  }

  /// Takes `page` or `cursor`, `limit` and `total`.
  package init(_ query: inout QueryParameters) {
    cursor = query.string("cursor")
    if cursor == nil {
      page = PageRequest(&query)
    } else {
      page = PageRequest(limitOf: &query)
      if query.string("page") != nil {
        query.refuse("page", "conflicting_parameter", "Must not be given together with a cursor.")
      }
    }
    includesTotal = query.boolean("total") ?? true
  }

  /// Only numbered pages with a total are kept: of the others there are too many kinds, each rarely asked for twice.
  var isCacheable: Bool { includesTotal && cursor == nil }

  /// Where such a page of a conversation's or a user's messages is kept; nil for one that is not.
  package var messagesField: CacheField? {
    isCacheable ? .messages(page: page.page, limit: page.limit) : nil
  }

  /// Rows to fetch: one more than the page where only that tells whether there is another.
  var fetchLimit: Int { page.limit + (isCacheable ? 0 : 1) }

  /// What the answer's `Link` is made of.
  package func links(at path: String, _ query: QueryParameters) -> PageLinks {
    PageLinks(path: path, query: query, page: cursor == nil ? page : nil)
  }
}
