import TestSupport

/// Times that were measured side by side, again and again: each row at one time, each column one thing.
struct Measurements: Sendable {
  private static let blocks = 24
  private static let draws = 200
  private var rows: [[Double]] = []

  var count: Int { rows.count }

  /// - Parameter durations: of the same things in the same order each time.
  mutating func add(_ durations: [Duration]) { rows.append(durations.map { $0 / .milliseconds(1) }) }

  /// The milliseconds below which so great a part of a column lies.
  func quantile(_ part: Double, column: Int) -> Double { Self.quantile(part, of: rows.map { $0[column] }) }

  /// How much a quantile of the first column exceeds the sum of those of the others at the least: the lower end of the
  /// interval in which the excess lies with 98 % confidence.
  ///
  /// Noise comes in bursts that hit all columns, so what is drawn anew (the bootstrap) are blocks of rows. Noise alone
  /// hardly ever makes the result positive; an excess that is there does, the sooner the more rows there are.
  func certainExcess(at part: Double, seed: UInt64 = 1) -> Double {
    var random = SplitMix64(seed: seed)
    let excesses = (0..<Self.draws).map { _ in Self.excess(at: part, resampled(&random)) }
    return Self.quantile(0.01, of: excesses)
  }

  private func resampled(_ random: inout SplitMix64) -> [[Double]] {
    let length = max(1, rows.count / Self.blocks)
    return (0..<Self.blocks).flatMap { _ in
      let start = Int.random(in: 0...(rows.count - length), using: &random)
      return rows[start..<(start + length)]
    }
  }

  private static func excess(at part: Double, _ rows: [[Double]]) -> Double {
    let quantiles = rows[0].indices.map { column in quantile(part, of: rows.map { $0[column] }) }
    return quantiles[0] - quantiles.dropFirst().reduce(0, +)
  }

  private static func quantile(_ part: Double, of values: [Double]) -> Double {
    let sorted = values.sorted()
    guard let last = sorted.indices.last else { preconditionFailure("nothing was measured") }
    return sorted[min(last, Int(part * Double(sorted.count)))]
  }
}
