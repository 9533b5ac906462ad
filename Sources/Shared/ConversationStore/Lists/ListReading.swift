import Conversations
import Postgres

/// A list request that can be carried out: its cursor has been opened.
struct ListReading: Sendable {
  let request: ListRequest
  /// Rows begin behind this item; nil: with the list's first, or with the numbered page's.
  let after: Keyset?
  /// For the cursor that leads on; nil where the next page has a number.
  let sealer: CursorSealer?

  init(_ request: ListRequest, after: Keyset? = nil, sealer: CursorSealer? = nil) {
    self.request = request
    self.after = after
    self.sealer = sealer
  }

  /// `LIMIT` and `OFFSET`, then the values that rows begin behind.
  var window: [PostgresParameter] {
    [.int(Int64(request.fetchLimit)), .int(Int64(request.page.offset))] + (after?.parameters ?? [])
  }

  /// The page of the fetched items, and what surrounds it.
  func encode<Item: JSONEncodable>(
    _ items: [Item], total: Int?, _ keyset: (Item) -> Keyset
  ) -> (bytes: [UInt8], summary: PageSummary) {
    let shown = items.prefix(request.page.limit)
    let envelope = envelope(
      total: total, isFollowed: items.count > shown.count,
      cursor: shown.last.flatMap { sealer?.seal(keyset($0)) })
    return (envelope.encode(shown), envelope.summary)
  }

  private func envelope(total: Int?, isFollowed: Bool, cursor: String?) -> PageEnvelope {
    if request.cursor != nil {
      return PageEnvelope(limit: request.page.limit, total: total, nextCursor: isFollowed ? cursor : nil)
    }
    if let total { return PageEnvelope(request.page, total: total, nextCursor: cursor) }
    return PageEnvelope(request.page, hasMore: isFollowed, nextCursor: cursor)
  }
}

extension Keyset {
  /// In the order of the columns that the list is sorted by.
  fileprivate var parameters: [PostgresParameter] {
    switch self {
    case .conversation(let time, let id): [.time(time), .id(id)]
    case .message(let position): [.int(Int64(position))]
    case .history(let time, let id, let position): [.time(time), .id(id), .int(Int64(position))]
    }
  }
}
