@testable import Cache

/// What a run amounted to.
struct InterleavingTally: Sendable, Equatable {
  /// Reads that began after a write had been acknowledged and showed less.
  var stale: [String] = []
  var reads = 0
  var hits = 0
  var joined = 0
  var refreshes = 0
  /// Reads without a watermark.
  var untrusted = 0
  /// Rows that a relay has invalidated in place of their writer.
  var relayed = 0
  var fills: [CacheEvent.FillOutcome: Int] = [:]

  var summary: String {
    let fills = fills.map { "\($0.key.rawValue) \($0.value)" }.sorted().joined(separator: " ")
    let answers = "\(reads) reads, \(hits) hits, \(joined) joined, \(untrusted) untrusted"
    return "\(answers), \(refreshes) refreshes, \(relayed) rows relayed, fills \(fills)"
  }

  static func += (total: inout InterleavingTally, other: InterleavingTally) {
    total.stale += other.stale
    total.reads += other.reads
    total.hits += other.hits
    total.joined += other.joined
    total.refreshes += other.refreshes
    total.untrusted += other.untrusted
    total.relayed += other.relayed
    total.fills.merge(other.fills, uniquingKeysWith: +)
  }
}
