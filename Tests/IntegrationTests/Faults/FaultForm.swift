import Foundation

/// How long the faults last: short within `make test`, long (`FAULTS=long`) within `make test-faults`.
enum FaultForm: String, Sendable {
  case short, long

  static let current = form("FAULTS")

  /// The seed of all random choices: `FAULTS_SEED`, else another one each time. Printed with the outcomes.
  static let seed = seed("FAULTS_SEED")

  /// Whether a scenario or a break is to be played: all are, unless `FAULTS_ONLY` names parts of some names, separated
  /// by `|`.
  static func isChosen(_ name: String) -> Bool { isChosen(name, by: "FAULTS_ONLY") }

  /// The form that an environment variable asks for.
  static func form(_ variable: String) -> FaultForm {
    ProcessInfo.processInfo.environment[variable].flatMap(FaultForm.init) ?? .short
  }

  static func seed(_ variable: String) -> UInt64 {
    ProcessInfo.processInfo.environment[variable].flatMap(UInt64.init) ?? .random(in: 0..<1_000_000)
  }

  static func isChosen(_ name: String, by variable: String) -> Bool {
    guard let parts = ProcessInfo.processInfo.environment[variable] else { return true }
    return parts.split(separator: "|").contains { name.contains($0) }
  }

  func pick<Value>(_ short: Value, _ long: Value) -> Value { self == .short ? short : long }

  /// The workers' lease: short forms need not wait for the default.
  var leaseSeconds: Int { pick(3, 15) }
}
