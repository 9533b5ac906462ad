/// What surrounds the items of a page.
package struct PageEnvelope: Equatable, Sendable {
  /// One-based, and perhaps behind the end; nil in a list that is read by cursor.
  package let page: Int?
  /// Items a page has at most.
  package let limit: Int
  /// What lies around it.
  package let summary: PageSummary

  /// A numbered page of a list whose length is known.
  ///
  /// - Parameter nextCursor: leads on from the deepest page that has a number.
  package init(_ request: PageRequest, total: Int, nextCursor: String? = nil) {
    let hasMore = request.page < Self.pages(total, request.limit)
    self.init(request, hasMore: hasMore, total: total, nextCursor: nextCursor)
  }

  /// A numbered page of a list that was not counted.
  package init(_ request: PageRequest, hasMore: Bool, nextCursor: String? = nil) {
    self.init(request, hasMore: hasMore, total: nil, nextCursor: nextCursor)
  }

  /// Reading by cursor: `nextCursor` tells whether there is more.
  package init(limit: Int, total: Int?, nextCursor: String?) {
    page = nil
    self.limit = limit
    summary = PageSummary(total: total, hasMore: nextCursor != nil, nextCursor: nextCursor)
  }

  private init(_ request: PageRequest, hasMore: Bool, total: Int?, nextCursor: String?) {
    page = request.page
    limit = request.limit
    summary = PageSummary(total: total, hasMore: hasMore, nextCursor: hasMore ? nextCursor : nil)
  }

  /// Pages in the list; 0 when it is empty, nil when it was not counted or pages have no numbers.
  package var totalPages: Int? { page == nil ? nil : summary.total.map { Self.pages($0, limit) } }

  /// `{"items":[…],"total":…,"page":…,"limit":…,"totalPages":…,"hasMore":…}`; reading by cursor, `nextCursor` follows.
  package func encode(_ items: some Collection<some JSONEncodable>) -> [UInt8] {
    var writer = JSONWriter(capacity: 256 + items.count * 384)
    writer.beginObject()
    writer.member("items")
    writer.beginArray()
    for item in items { item.encode(into: &writer) }
    writer.endArray()
    writer.member("total", summary.total)
    writer.member("page", page)
    writer.member("limit", limit)
    writer.member("totalPages", totalPages)
    writer.member("hasMore", summary.hasMore)
    if page == nil { writer.member("nextCursor", summary.nextCursor) }
    writer.endObject()
    return writer.bytes
  }

  static func pages(_ total: Int, _ limit: Int) -> Int { (total + limit - 1) / limit }
}
