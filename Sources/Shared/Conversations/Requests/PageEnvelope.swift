/// What surrounds the items of a page. `total` and `totalPages` are null where counting was not wanted.
package struct PageEnvelope: Equatable, Sendable {
  /// The page asked for, which may lie behind the end.
  package let request: PageRequest
  /// All items of the list.
  package let total: Int?
  /// Whether a later page has items.
  package let hasMore: Bool

  /// For a list whose length is known.
  package init(_ request: PageRequest, total: Int) {
    self.request = request
    self.total = total
    hasMore = request.page < Self.pages(total, request.limit)
  }

  /// For a list that was not counted.
  package init(_ request: PageRequest, hasMore: Bool) {
    self.request = request
    total = nil
    self.hasMore = hasMore
  }

  /// Pages in the list; 0 when it is empty.
  package var totalPages: Int? { total.map { Self.pages($0, request.limit) } }

  /// `{"items":[…],"total":…,"page":…,"limit":…,"totalPages":…,"hasMore":…}`.
  package func encode(_ items: some Collection<some JSONEncodable>) -> [UInt8] {
    var writer = JSONWriter(capacity: 128 + items.count * 384)
    writer.beginObject()
    writer.member("items")
    writer.beginArray()
    for item in items { item.encode(into: &writer) }
    writer.endArray()
    writer.member("total", total)
    writer.member("page", request.page)
    writer.member("limit", request.limit)
    writer.member("totalPages", totalPages)
    writer.member("hasMore", hasMore)
    writer.endObject()
    return writer.bytes
  }

  private static func pages(_ total: Int, _ limit: Int) -> Int { (total + limit - 1) / limit }
}
