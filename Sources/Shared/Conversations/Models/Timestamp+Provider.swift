extension Timestamp {
  /// Reads a provider's time in any form it has been seen to send: ISO 8601 (no zone = UTC), epoch seconds, or epoch
  /// milliseconds when ≥ 10¹¹, each also inside a string. Nil for nonsense and for years outside 1970–2100.
  init?(providerText text: String) {
    let trimmed = text.trimmingASCIISpaces
    if let number = Self.decimal(trimmed) {
      self.init(providerNumber: number)
    } else if let instant = ISOTimeParser.parse(trimmed), Self.plausible.contains(instant) {
      self = instant
    } else {
      return nil
    }
  }

  /// A number of the provider's: see `init(providerText:)`. Infinite and negative ones are nil.
  init?(providerNumber number: Double) {
    let seconds = number >= 1e11 ? number / 1000 : number
    guard seconds >= 0, seconds < 4_133_980_800 else { return nil }
    self.init(microsecondsSinceEpoch: Int64((seconds * 1_000_000).rounded()))
  }

  /// 1970-01-01 up to the end of the year 2100.
  private static let plausible =
    Timestamp(microsecondsSinceEpoch: 0)..<Timestamp(microsecondsSinceEpoch: 4_133_980_800_000_000)

  /// Decimal notation only: `Double` alone would take `nan`, `inf` and hexadecimal too.
  private static func decimal(_ text: Substring) -> Double? {
    guard text.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 || "+-.eE".utf8.contains($0) }) else {
      return nil
    }
    return Double(text)
  }
}

extension String {
  fileprivate var trimmingASCIISpaces: Substring {
    let start = drop { $0 == " " }
    guard let last = start.lastIndex(where: { $0 != " " }) else { return "" }
    return start[...last]
  }
}
