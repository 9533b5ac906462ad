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
  /// From the start of the servers to the balance.
  var took: Duration = .zero
  /// Everything that should not have been; empty for a sound system.
  var complaints: [String] = []

  static let heading = row(
    "scenario", ["sent", "stored", "lost", "double", "disorder", "dead", "recovery", "took"])

  var line: String {
    let counts = [sent, stored, lost, double, disordered, dead].map(String.init)
    let times = [recovery.map(Self.seconds) ?? "-", Self.seconds(took)]
    return Self.row(scenario, counts + times) + (complaints.isEmpty ? "" : "  FAILED")
  }

  /// A line of the table of breaks.
  static func row(_ fault: String, _ scenario: String, _ noticed: String) -> String {
    [pad(fault, 34), pad(scenario, 54), noticed].joined(separator: " ")
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
  }

  private static func row(_ name: String, _ cells: [String]) -> String {
    ([pad(name, 54)] + cells.map(aligned)).joined(separator: " ")
  }

  private static func seconds(_ duration: Duration) -> String {
    String(format: "%.1f s", duration / .seconds(1))
  }

  private static func aligned(_ cell: String) -> String {
    String(repeating: " ", count: max(0, 8 - cell.count)) + cell
  }
}
