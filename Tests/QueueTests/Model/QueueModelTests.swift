import Foundation
import Queue
import Redis
import Testing

@Suite("Model", .timeLimit(.minutes(30)))
struct QueueModelTests {
  /// `QUEUE_MODEL_SEED` repeats a run, `QUEUE_MODEL_STEPS` makes it longer.
  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }

  private func simulation(
    scripts: QueueScripts = .bundled, seed: UInt64
  ) async throws -> QueueSimulation {
    let fixture = try await QueueFixture.make(scripts: scripts) {
      // However long the run or slow the machine: only the simulation lets leases expire and Redis be away.
      $0.lease = .seconds(100_000)
      $0.silence = .seconds(50_000)
    }
    return QueueSimulation(fixture, seed: seed)
  }

  @Test("Whatever happens, nothing is lost, doubled, out of order or stuck")
  func model() async throws {
    let seed = Self.number("QUEUE_MODEL_SEED") ?? .random(in: 0 ... .max)
    let steps = Int(Self.number("QUEUE_MODEL_STEPS") ?? 20_000)
    let simulation = try await simulation(seed: seed)
    print("queue model: QUEUE_MODEL_SEED=\(seed) QUEUE_MODEL_STEPS=\(steps)")
    do {
      try await simulation.run(steps: steps)
    } catch {
      Issue.record("\(error) (QUEUE_MODEL_SEED=\(seed) QUEUE_MODEL_STEPS=\(steps))")
    }
    print("queue model: \(simulation.counts.sorted { $0.key < $1.key }), \(simulation.model.dead.count) dead")
    let rehearsed = [
      "asleep", "away", "crash after commit", "crash before commit", "duplicate", "leave", "lost reply",
      "lost settle", "lost settle reply", "poisoned", "solo", "zombie",
    ]
    for event in rehearsed where steps >= 20_000 {
      #expect(simulation.counts[event] != nil, "\(event) never happened")
    }
  }

  @Test("It notices when settle does not check the fence")
  func unfencedSettle() async throws {
    var scripts = QueueScripts.bundled
    let check =
      "call('HGET', lease, token) ~= fence or call('LREM', held .. worker, 1, token) == 0"
    try #require(scripts.settle.source.contains(check))
    scripts.settle = RedisScript(
      name: "settle",
      source: scripts.settle.source.replacing(check, with: "call('LREM', held .. worker, 1, token) == false"))
    let simulation = try await simulation(scripts: scripts, seed: 1)
    await #expect(throws: QueueModel.Violation.self) { try await simulation.run(steps: 5000) }
  }

  @Test("It notices when a lost reply is not reconciled")
  func missingReconciliation() async throws {
    let simulation = try await simulation(seed: 1)
    simulation.reconcilesAfterLostReplies = false
    await #expect(throws: QueueModel.Violation.self) { try await simulation.run(steps: 500) }
  }
}
