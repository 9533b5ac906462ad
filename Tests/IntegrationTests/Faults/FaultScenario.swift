import TestSupport

/// Something that goes wrong while events arrive, and what must hold all the same.
struct FaultScenario: Sendable, CustomStringConvertible {
  let name: String
  /// For scenarios that stop Postgres; the others have a database of the shared one.
  let ownPostgres: Bool
  let play: @Sendable (FaultStage) async throws -> Void

  init(
    _ name: String, ownPostgres: Bool = false, play: @escaping @Sendable (FaultStage) async throws -> Void
  ) {
    self.name = name
    self.ownPostgres = ownPostgres
    self.play = play
  }

  var description: String { name }

  /// Plays it against programs of its own. What is found wrong with them is in the outcome; an error is a failure of
  /// the surroundings.
  func run(
    _ form: FaultForm, seed: UInt64, programs: FaultPrograms = .asBuilt
  ) async throws -> FaultOutcome {
    var outcome = FaultOutcome(scenario: name)
    let start = ContinuousClock.now
    try await LocalSystem.run(ownPostgres: ownPostgres) { system in
      let stage = try await FaultStage(system, form, seed: seed, programs)
      try await play(stage)
      outcome = try await stage.outcome(of: name)
    }
    outcome.took = ContinuousClock.now - start
    return outcome
  }

  /// In the order of their telling.
  static let all = workers + redis + postgres + events + FaultForm.current.pick([], [everything])
}

/// The programs a scenario is played against.
struct FaultPrograms: Sendable {
  /// Of the workers; the API is always as built.
  let installation: Installation
  let settings: [String: String]

  static let asBuilt = FaultPrograms(installation: .build, settings: [:])
}
