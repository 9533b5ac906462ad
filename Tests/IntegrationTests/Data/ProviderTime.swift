import Foundation

/// The provider's ways to write a time, and our own RFC 3339.
enum ProviderTime {
  /// Milliseconds since 1970, rounded down; nil for what is no time.
  static func milliseconds(_ value: Any?) -> Int? {
    switch value {
    case let number as NSNumber: milliseconds(seconds: number.doubleValue)
    case let text as String: Double(text).map { milliseconds(seconds: $0) } ?? milliseconds(iso: text)
    default: nil
    }
  }

  private static func milliseconds(seconds: Double) -> Int? {
    let seconds = abs(seconds) >= 1e11 ? seconds / 1000 : seconds
    // 2100-01-01.
    guard seconds.isFinite, (0..<4_102_444_800).contains(seconds) else { return nil }
    return Int((seconds * 1000).rounded(.down))
  }

  private static func milliseconds(iso text: String) -> Int? {
    let pattern = /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?/
    guard let match = text.wholeMatch(of: pattern),
      let date = ISO8601DateFormatter().date(from: "\(match.1)T\(match.2)\(match.4 ?? "Z")")
    else { return nil }
    let fraction = ((match.3.map(String.init) ?? "") + "000").prefix(3)
    return Int(date.timeIntervalSince1970) * 1000 + (Int(fraction) ?? 0)
  }
}
