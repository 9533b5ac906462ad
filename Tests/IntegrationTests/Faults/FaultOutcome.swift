import Foundation

/// What a scenario came to, as a row of the table that people read.
struct FaultOutcome: Sendable {
  let scenario: String
  /// Acknowledged by the API.
  var sent = 0
  /// Recorded in Postgres.
  var stored = 0
  /// Acknowledged, and neither recorded nor dead.
  var lost = 0
  /// Effects that happened twice, and events that are recorded and dead at once.
  var double = 0
  /// Effects and outcomes that show that a later event of the conversation came first.
  var disordered = 0
  var dead = 0
  /// The longest wait until work went on, or all was stored.
  var recovery: Duration?
  /// Everything that should not have been; empty for a sound system.
  var complaints: [String] = []

  static let heading = row(
    "scenario", ["sent", "stored", "lost", "double", "disorder", "dead", "recovery"])

  var line: String {
    let counts = [sent, stored, lost, double, disordered, dead].map(String.init)
    let seconds = recovery.map { String(format: "%.2f s", $0 / .seconds(1)) } ?? "-"
    return Self.row(scenario, counts + [seconds]) + (complaints.isEmpty ? "" : "  FAILED")
  }

  private static func row(_ name: String, _ cells: [String]) -> String {
    ([name.padding(toLength: 58, withPad: " ", startingAt: 0)] + cells.map(aligned)).joined(separator: " ")
  }

  private static func aligned(_ cell: String) -> String {
    String(repeating: " ", count: max(0, 8 - cell.count)) + cell
  }
}
