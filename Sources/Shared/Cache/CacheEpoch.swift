/// The version of a group: 128 random bits, new with each invalidation.
///
/// Random, never counted: a record that is evicted and made anew must not bring old values back to life.
struct CacheEpoch: Hashable, Sendable {
  private let high: UInt64
  private let low: UInt64

  /// How long the text is, in the record and in the header of a value.
  static let textLength = 32

  static func random() -> CacheEpoch {
    CacheEpoch(high: .random(in: .min ... .max), low: .random(in: .min ... .max))
  }

  private init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Takes exactly 32 lower-case hex digits.
  init?(_ text: some Collection<UInt8>) {
    guard text.count == Self.textLength,
      let high = UInt64(lowercaseHex: text.prefix(16)), let low = UInt64(lowercaseHex: text.dropFirst(16))
    else { return nil }
    self.init(high: high, low: low)
  }

  var text: String { high.lowercaseHex + low.lowercaseHex }
}
