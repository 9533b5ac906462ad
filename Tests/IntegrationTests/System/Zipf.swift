import TestSupport

/// Chooses by Zipf's law: the n-th of so many is chosen a n-th as often as the first.
struct Zipf: Sendable {
  private let marks: [Double]

  init(_ count: Int) {
    var sum = 0.0
    marks = (1...count).map { rank in
      sum += 1 / Double(rank)
      return sum
    }
  }

  /// An index, counted from 0.
  func choose(_ random: inout SplitMix64) -> Int {
    let mark = Double.random(in: 0..<(marks.last ?? 1), using: &random)
    return marks.firstIndex { $0 > mark } ?? 0
  }
}
