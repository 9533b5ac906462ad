import Foundation

/// How long the faults last: short within `make test`, long (`FAULTS=long`) within `make test-faults`.
enum FaultForm: String, Sendable {
  case short, long

  static let current =
    ProcessInfo.processInfo.environment["FAULTS"].flatMap(FaultForm.init) ?? .short

  /// The seed of all random choices: `FAULTS_SEED`, else another one each time. Printed with the outcomes.
  static let seed =
    ProcessInfo.processInfo.environment["FAULTS_SEED"].flatMap(UInt64.init) ?? .random(in: 0..<1_000_000)

  /// Whether a scenario or a break is to be played: all are, unless `FAULTS_ONLY` names parts of some names, separated
  /// by `|`.
  static func isChosen(_ name: String) -> Bool {
    guard let parts = ProcessInfo.processInfo.environment["FAULTS_ONLY"] else { return true }
    return parts.split(separator: "|").contains { name.contains($0) }
  }

  func pick<Value>(_ short: Value, _ long: Value) -> Value { self == .short ? short : long }

  /// The workers' lease: short forms need not wait for the default.
  var leaseSeconds: Int { pick(3, 15) }
}
