import TestSupport
import Testing

extension Integration {
  /// `make test` plays all of it in a short form, `make test-consistency` in the long one.
  @Suite("What is read while servers, programs and networks fail")
  struct ConsistencyTests {
    @Test("Never older than what was confirmed before, never older than five seconds, never from the future")
    func sound() async throws {
      let form = ConsistencyForm.current
      try await ConsistencyStage.run(form, seed: ConsistencyForm.seed) { stage in
        var order = stage.randomness()
        let all = ConsistencyFault.all + ConsistencyFault.pairs(form.pick(0, 4), &order)
        let faults = all.filter { ConsistencyForm.isChosen($0.name) }.shuffled(using: &order)
        var run = try await ConsistencyRun(stage)
        let outcomes = try await run.play(faults, calm: form.pick(.last, .each))
        let total = ConsistencyOutcome.total(outcomes)
        ConsistencyReport.print(outcomes, total)
        #expect(total.complaints.isEmpty)
        #expect(total.reads > 20 * faults.count)
        #expect(total.writes > faults.count)
      }
    }

    @Test(
      "The checker has teeth: a system broken on purpose is found out", arguments: ConsistencyBreak.groups)
    func broken(_ breaks: [ConsistencyBreak]) async throws {
      let installation = try ConsistencyBreak.installation(breaks)
      try await ConsistencyStage.run(.short, seed: ConsistencyForm.seed, from: installation) { stage in
        var run = try await ConsistencyRun(stage)
        for outcome in try await run.play(breaks.map(\.fault), calm: .never) {
          FaultReport.tell(
            "broken on purpose: \(outcome.name): \(outcome.stale) times stale in \(outcome.reads) reads")
          #expect(outcome.stale > 0)
        }
      }
    }
  }
}

/// The table that people read.
enum ConsistencyReport {
  static func print(_ outcomes: [ConsistencyOutcome], _ total: ConsistencyOutcome) {
    let title =
      "Reads under faults, \(ConsistencyForm.current) form, CONSISTENCY_SEED=\(ConsistencyForm.seed)"
    let lines = outcomes.flatMap { [$0.line] + $0.complaints.map { "    \($0)" } }
    FaultReport.tell(([title, ConsistencyOutcome.heading] + lines + [total.line]).joined(separator: "\n"))
  }
}
