import TestSupport

extension SplitMix64 {
  /// True so many times in a thousand.
  mutating func chance(_ perMille: Int) -> Bool { Int(next() % 1000) < perMille }
}
