import Foundation

/// What a fault came to, as a row of the table that people read.
struct ConsistencyOutcome: Sendable {
  let name: String
  var reads = 0
  var writes = 0
  var stale = 0
  /// Of all that was read, the longest time between the commit of something newer and the beginning of the read.
  var worstStaleness = Duration.zero
  /// Answers 5xx.
  var refused = 0
  /// Requests to programs that should run, without an answer in seven seconds.
  var unanswered = 0
  /// The hits among all reads of the row.
  var hits = 0
  /// The part of hits from ten seconds after the fault on; nil when the next one came first.
  var hitRatio: Double?
  /// Everything that should not have been; empty for a sound system.
  var complaints: [String] = []

  init(name: String) { self.name = name }

  mutating func add(_ verdict: Verdict) {
    reads += verdict.reads
    stale += verdict.stale + verdict.tooOld + verdict.impossible
    worstStaleness = max(worstStaleness, verdict.worstStaleness)
    complaints += verdict.complaints
  }

  /// All rows in one.
  static func total(_ outcomes: [ConsistencyOutcome]) -> ConsistencyOutcome {
    var total = ConsistencyOutcome(name: "all")
    for outcome in outcomes {
      total.reads += outcome.reads
      total.writes += outcome.writes
      total.stale += outcome.stale
      total.worstStaleness = max(total.worstStaleness, outcome.worstStaleness)
      total.hits += outcome.hits
      total.refused += outcome.refused
      total.unanswered += outcome.unanswered
      total.complaints += outcome.complaints
    }
    total.hitRatio = outcomes.compactMap(\.hitRatio).min()
    return total
  }

  static let heading = row("fault", ["reads", "writes", "stale", "worst", "5xx", "none", "hits", "calm"])

  var line: String {
    let worst = String(format: "%.2f s", worstStaleness / .seconds(1))
    let hitsOfAll = String(format: "%.0f %%", Double(hits) / Double(max(1, reads)) * 100)
    let calm = hitRatio.map { String(format: "%.1f %%", $0 * 100) } ?? "-"
    let cells = [
      String(reads), String(writes), String(stale), worst, String(refused), String(unanswered), hitsOfAll,
      calm,
    ]
    return Self.row(name, cells) + (complaints.isEmpty ? "" : "  FAILED")
  }

  private static func row(_ name: String, _ cells: [String]) -> String {
    let cells = cells.map { String(repeating: " ", count: max(0, 8 - $0.count)) + $0 }
    return ([name.padding(toLength: max(50, name.count), withPad: " ", startingAt: 0)] + cells)
      .joined(separator: " ")
  }
}
