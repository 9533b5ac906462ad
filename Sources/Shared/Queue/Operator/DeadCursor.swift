/// Where a walk over a shard's dead is. Others may bury, replay and discard meanwhile: what stays dead is seen
/// exactly once, for the place is a time of death and not a rank. Pure.
struct DeadCursor: Sendable {
  struct Mark: Sendable, Equatable {
    let id: String
    let diedAt: Int64
  }

  enum Order: Sendable { case oldestFirst, newestFirst }

  let order: Order
  private let page: Int
  /// The time of the last event seen; at first where the walk begins.
  private var time: Int64?
  private let end: Int64?
  /// Those of that very time.
  private var seen: Set<String> = []
  private(set) var isAtEnd = false

  /// - Parameters:
  ///   - latest: the time after which deaths do not count, or a replayed event that dies again would come
  ///     round again.
  ///   - page: events per step.
  init(_ order: Order, latest: Int64? = nil, page: Int = 500) {
    self.order = order
    self.page = page
    time = order == .newestFirst ? latest : nil
    end = order == .oldestFirst ? latest : nil
  }

  /// What follows the key in a `ZRANGE` for the next step.
  var arguments: [String] {
    let start = time.map(String.init)
    let range =
      switch order {
      case .oldestFirst: [start ?? "-inf", end.map(String.init) ?? "+inf", "BYSCORE"]
      case .newestFirst: [start ?? "+inf", "-inf", "BYSCORE", "REV"]
      }
    // As many more as will be passed over.
    return range + ["LIMIT", "0", String(page + seen.count), "WITHSCORES"]
  }

  /// The answer to that: those not seen yet.
  mutating func advance(_ answer: [Mark]) -> [Mark] {
    isAtEnd = answer.count < page + seen.count
    let fresh = answer.filter { !($0.diedAt == time && seen.contains($0.id)) }
    if let last = answer.last {
      if last.diedAt != time { seen = [] }
      time = last.diedAt
      seen.formUnion(answer.lazy.filter { $0.diedAt == last.diedAt }.map(\.id))
    }
    return fresh
  }
}
