import Foundation
import NIOConcurrencyHelpers

/// The form of dates in header fields (RFC 9110, 5.6.7).
enum HTTPDate {
  private static let latest = NIOLockedValueBox<(second: time_t, text: String)>((0, ""))

  /// Made once a second.
  static var now: String {
    let second = time(nil)
    return latest.withLockedValue { latest in
      if latest.second != second { latest = (second, text(Date(timeIntervalSince1970: Double(second)))) }
      return latest.text
    }
  }

  static func text(_ date: Date) -> String {
    var seconds = time_t(date.timeIntervalSince1970)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func digits(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let time = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(digits).joined(separator: ":")
    let day = digits(parts.tm_mday)
    return
      "\(days[Int(parts.tm_wday)]), \(day) \(months[Int(parts.tm_mon)]) \(parts.tm_year + 1900) \(time) GMT"
  }

  private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
