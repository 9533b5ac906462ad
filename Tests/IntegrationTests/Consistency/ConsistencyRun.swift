import Foundation
import TestSupport

/// Plays faults one after the other on one stage and holds everything that was read against what was written.
struct ConsistencyRun {
  /// A fault, and the time that is put down to it: until the next one begins.
  private struct Act {
    let fault: ConsistencyFault
    let began: Moment
    var ended: Moment
    var calmEnded: Moment

    /// What may be read then is promised within the bound only.
    var partition: Range<Moment>? {
      fault.isPartition ? began..<(ended + ConsistencyForm.bound) : nil
    }

    /// Everything must be as if nothing had been.
    var calm: Range<Moment> { min(ended + ConsistencyRun.recovery, calmEnded)..<calmEnded }
  }

  /// After which faults to wait until all is well again.
  enum Calm: Sendable { case each, last, never }

  /// How long after the last fault the cache must do its work again.
  fileprivate static let recovery = Duration.seconds(10)

  private let stage: ConsistencyStage
  private let load: ConsistencyLoad
  private var acts: [Act] = []

  init(_ stage: ConsistencyStage) async throws {
    self.stage = stage
    load = try await ConsistencyLoad(stage)
  }

  /// - Returns: a row for each.
  mutating func play(_ faults: [ConsistencyFault], calm: Calm) async throws -> [ConsistencyOutcome] {
    var acts: [Act] = []
    try await load.run {
      try await Task.sleep(for: .seconds(1))
      for (number, fault) in faults.enumerated() {
        FaultReport.tell("  \(number + 1)/\(faults.count) \(fault)")
        let isCalmed = calm == .each || calm == .last && number == faults.count - 1
        acts.append(try await play(fault, isCalmed: isCalmed))
      }
    }
    self.acts = acts
    return try await outcomes()
  }

  private func play(_ fault: ConsistencyFault, isCalmed: Bool) async throws -> Act {
    load.set(.busy)
    let began = stage.clock.now
    try await fault.play(stage)
    var act = Act(fault: fault, began: began, ended: stage.clock.now, calmEnded: stage.clock.now)
    // Faults of Postgres and Redis meet what the one before left behind, on purpose.
    try await Task.sleep(for: .milliseconds(300))
    if isCalmed {
      load.set(.calm)
      try await Task.sleep(for: Self.recovery + stage.form.pick(.seconds(3), .seconds(8)))
    }
    act.calmEnded = stage.clock.now
    return act
  }

  private func outcomes() async throws -> [ConsistencyOutcome] {
    let commits = try await CommitAudit(system: stage.system).commits(load.population.numbers, stage.clock)
    let history = stage.recorder.history
    let judge = Judge(history, commits: commits, bound: ConsistencyForm.bound)
    var outcomes = acts.map { outcome(of: $0, judge, history) }
    guard !outcomes.isEmpty else { return [] }
    // Belongs to the whole of it.
    let crashed = stage.instances.filter(\.hasCrashed).map { "\($0.name) has ended by itself" }
    outcomes[outcomes.count - 1].complaints += judge.lostWrites + crashed + stage.recorder.complaints
    return outcomes
  }

  private func outcome(of act: Act, _ judge: Judge, _ history: History) -> ConsistencyOutcome {
    let span = act.began..<act.calmEnded
    let reads = history.reads.filter { span.contains($0.began) }
    let partition = partitions()
    let inside = reads.filter { read in partition.contains { $0.contains(read.began) } }
    let outside = reads.filter { read in !partition.contains { $0.contains(read.began) } }
    var outcome = ConsistencyOutcome(name: act.fault.name)
    outcome.add(judge.verdict(on: outside))
    outcome.add(judge.verdict(on: inside, isPartitioned: true))
    outcome.hits = stage.recorder.outcomes.count { $0.isHit && span.contains($0.moment) }
    outcome.writes = stage.recorder.outcomes.count { $0.isWrite && span.contains($0.moment) }
    let failures = stage.recorder.failures.filter { span.contains($0.moment) }
    outcome.refused = failures.count { $0.status >= 500 }
    outcome.unanswered = failures.count { $0.status == 0 }
    addCalm(act.calm, failures, &outcome)
    return outcome
  }

  private func addCalm(
    _ calm: Range<Moment>, _ failures: [Recorder.Failure], _ outcome: inout ConsistencyOutcome
  ) {
    let reads = stage.recorder.outcomes.filter { !$0.isWrite && calm.contains($0.moment) }
    guard !calm.isEmpty else { return }
    // That a machine starves programs tells nothing of them; but none may be left without hits.
    let inTime = reads.filter { !$0.isLate }
    let hits = inTime.count(where: \.isHit)
    outcome.hitRatio = Double(hits) / Double(max(1, inTime.count))
    let served = Set(reads.filter(\.isHit).map(\.api))
    outcome.complaints += stage.apis.filter { !served.contains($0.name) }
      .map { "\($0.name) has no hits ten seconds after the last fault" }
    outcome.complaints += failures.filter { calm.contains($0.moment) }
      .map { "\($0.status) ten seconds after the last fault: \($0.origin)" }
    if outcome.hitRatio ?? 0 <= 0.9 {
      outcome.complaints.append(
        "only \(hits) of \(inTime.count) reads were hits ten seconds after the last fault")
    }
  }

  private func partitions() -> [Range<Moment>] { acts.compactMap(\.partition) }
}
