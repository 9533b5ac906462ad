/// Measured times, and what they tell despite the noise of a busy machine.
struct Sample: Sendable {
  private(set) var milliseconds: [Double] = []

  var count: Int { milliseconds.count }

  mutating func add(_ duration: Duration) { milliseconds.append(duration / .milliseconds(1)) }

  /// The value below which so great a part of the sample lies.
  func quantile(_ part: Double) -> Double { Self.quantile(part, of: milliseconds) }

  /// How much a quantile of this sample exceeds `limit` of quantiles at the least, given the noise: the lower end of
  /// the interval in which the excess lies with 98 % confidence, by the bootstrap.
  ///
  /// Noise alone hardly ever makes it positive; a difference that is there makes it so as the samples grow.
  func certainExcess(
    at part: Double, over others: [Sample], seed: UInt64 = 1
  ) -> Double {
    var random = SplitMix(state: seed)
    let excesses = (0..<1000).map { _ in
      resampled(&random, part) - others.reduce(0) { $0 + $1.resampled(&random, part) }
    }
    return Self.quantile(0.01, of: excesses)
  }

  private func resampled(_ random: inout SplitMix, _ part: Double) -> Double {
    Self.quantile(part, of: milliseconds.map { _ in milliseconds.randomElement(using: &random) ?? 0 })
  }

  private static func quantile(_ part: Double, of values: [Double]) -> Double {
    let sorted = values.sorted()
    guard let last = sorted.indices.last else { preconditionFailure("nothing was measured") }
    return sorted[min(last, Int(part * Double(sorted.count)))]
  }
}
