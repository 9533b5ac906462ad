/// `make test` plays each fault once and shortly, `make test-consistency` (`CONSISTENCY=long`) each for itself.
enum ConsistencyForm {
  static let current = FaultForm.form("CONSISTENCY")

  /// The seed of all random choices: `CONSISTENCY_SEED`, else another one each time. Printed with the outcomes.
  static let seed = FaultForm.seed("CONSISTENCY_SEED")

  /// Whether a fault is to be played: all are, unless `CONSISTENCY_ONLY` names parts of some names, separated by `|`.
  static func isChosen(_ name: String) -> Bool { FaultForm.isChosen(name, by: "CONSISTENCY_ONLY") }

  /// What no answer may exceed in any fault.
  static let bound = Duration.seconds(5)
}
