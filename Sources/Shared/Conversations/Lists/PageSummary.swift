/// What lies around a page. Kept beside its bytes, so that who passes these on unread knows it too.
package struct PageSummary: Equatable, Sendable {
  /// All items of the list; nil where counting was not wanted.
  package let total: Int?
  /// Whether items follow.
  package let hasMore: Bool
  /// Leads to them, where no page number does.
  package let nextCursor: String?

  /// All three.
  package init(total: Int?, hasMore: Bool, nextCursor: String? = nil) {
    self.total = total
    self.hasMore = hasMore
    self.nextCursor = nextCursor
  }

  /// `1500 true`, `- false`; a cursor follows where there is one.
  package var text: String {
    "\(total.map(String.init) ?? "-") \(hasMore)\(nextCursor.map { " \($0)" } ?? "")"
  }

  /// Nil for any other text.
  package init?(_ text: String) {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let hasMore = Bool(String(parts[1])) else { return nil }
    let total = Int(parts[0])
    guard total != nil || parts[0] == "-" else { return nil }
    self.init(total: total, hasMore: hasMore, nextCursor: parts.count == 3 ? String(parts[2]) : nil)
  }
}
