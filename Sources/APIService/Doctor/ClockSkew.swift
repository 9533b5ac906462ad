import Foundation

/// How far a server's clock is from ours, as far as a round trip can tell.
struct ClockSkew: Sendable, Equatable {
  /// Positive when the server is ahead. The round trip's own uncertainty is taken off.
  let seconds: Double

  /// - Parameters:
  ///   - server: its clock, in seconds since 1970, read between `before` and `after` of ours.
  init(server: Double, before: Date, after: Date) {
    let (before, after) = (before.timeIntervalSince1970, after.timeIntervalSince1970)
    seconds = server < before ? server - before : server > after ? server - after : 0
  }

  /// Tokens, webhooks and cursors are judged by this machine's clock, limits by Redis', rows by Postgres'.
  func findings(_ check: String) -> [Finding] {
    guard abs(seconds) >= 1 else { return [] }
    let amount = String(format: "%.1f", abs(seconds))
    return [
      .warning(
        check, "its clock is \(amount) s \(seconds > 0 ? "ahead of" : "behind") this machine's",
        "let both keep time by NTP")
    ]
  }
}
