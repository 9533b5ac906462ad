import Foundation
import NIOConcurrencyHelpers
import Queue
import Redis
import Testing

@Suite("Model", .timeLimit(.minutes(60)))
struct QueueModelTests {
  /// `QUEUE_MODEL_SEED` repeats a run, `QUEUE_MODEL_STEPS` makes it longer.
  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }

  /// Played side by side, since each spends most of its time waiting for Redis.
  private static let variants: [(shards: Int, isMixed: Bool)] = [
    (1, false), (3, false), (1, true), (2, true),
  ]

  private func simulation(
    scripts: QueueScripts = .bundled, shards: Int = 1, isMixed: Bool = false, seed: UInt64
  ) async throws -> QueueSimulation {
    let fixture = try await QueueFixture.make(scripts: scripts) {
      // However long the run or slow the machine: only the simulation lets leases expire and Redis be away.
      $0.lease = .seconds(100_000)
      $0.silence = .seconds(50_000)
      $0.shards = shards
      // A tombstone must outlive a run of a million steps.
      $0.tombstone = .seconds(100_000)
    }
    return QueueSimulation(fixture, isMixed: isMixed, seed: seed)
  }

  @Test("Whatever happens, nothing is lost, doubled, out of order or stuck")
  func model() async throws {
    let seed = Self.number("QUEUE_MODEL_SEED") ?? .random(in: 0 ... .max)
    let steps = Int(Self.number("QUEUE_MODEL_STEPS") ?? 100_000)
    print("queue model: QUEUE_MODEL_SEED=\(seed) QUEUE_MODEL_STEPS=\(steps)")
    let progress = ProgressLine(steps: steps)
    var counts: [String: Int] = [:]
    do {
      counts = try await withThrowingTaskGroup(of: [String: Int].self) { group in
        for (index, variant) in Self.variants.enumerated() {
          group.addTask {
            let simulation = try await self.simulation(
              shards: variant.shards, isMixed: variant.isMixed, seed: seed &+ UInt64(index))
            try await simulation.run(steps: steps / Self.variants.count) { progress.add($0) }
            return simulation.counts
          }
        }
        return try await group.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: +) }
      }
    } catch {
      Issue.record("\(error) (QUEUE_MODEL_SEED=\(seed) QUEUE_MODEL_STEPS=\(steps))")
      return
    }
    print("queue model: \(counts.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: ", "))")
    let rehearsed = [
      "asleep", "away", "copied", "crash after commit", "crash before commit", "discarded", "duplicate",
      "erased", "erased dead",
      "late settle", "leave", "lost reply", "lost settle", "lost settle reply", "paused", "poisoned",
      "purged",
      "replayed", "replayed all", "replayed poison", "restored", "solo", "zombie",
    ]
    for event in rehearsed where steps >= 100_000 {
      #expect(counts[event] != nil, "\(event) never happened")
    }
  }

  /// A transition broken on purpose.
  struct Mutant: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let script: any WritableKeyPath<QueueScripts, RedisScript> & Sendable
    let text: String
    let replacement: String
  }

  static let mutants = [
    Mutant(
      testDescription: "settle does not check the fence", script: \.settle,
      text: "call('HGET', lease, token) ~= fence or call('LREM', held .. worker, 1, token) == 0",
      replacement: "call('LREM', held .. worker, 1, token) == false"),
    Mutant(
      testDescription: "a replayed event keeps its deliveries", script: \.replay,
      text: "'reason', 'deliveries',", replacement: "'reason',"),
    Mutant(
      testDescription: "a replayed event goes to the head", script: \.replay,
      text: "call('RPUSH', events .. token, id)", replacement: "call('LPUSH', events .. token, id)"),
    Mutant(
      testDescription: "a replay does not count the depth", script: \.replay,
      text: "call('HINCRBY', meta, 'depth', 1)", replacement: ""),
    Mutant(
      testDescription: "a replay does not put its conversation in line", script: \.replay,
      text: "if length == 1 then line_up(token) end", replacement: ""),
    Mutant(
      testDescription: "replayed poison is not isolated", script: \.replay,
      text: "if reason == 'poison' then", replacement: "if false then"),
    Mutant(
      testDescription: "replayed poison stays among the innocent in line", script: \.replay,
      text: "if length > 1 and", replacement: "if false and"),
    Mutant(
      testDescription: "a discarded event leaves no tombstone", script: \.discard,
      text: "call('SET', done .. id, '', 'PX', ARGV[1])", replacement: ""),
    Mutant(
      testDescription: "a discard asks not whether the event is dead", script: \.discard,
      text: "if call('ZREM', dead, id) == 0 then return whereabouts(id) end",
      replacement: "call('ZREM', dead, id)"),
    Mutant(
      testDescription: "a purge asks not for a copy", script: \.purge,
      text: "and call('HGET', event .. id, 'archived') == '1' ", replacement: ""),
    Mutant(
      testDescription: "a copy of a death that is over counts", script: \.archive,
      text: "call('ZSCORE', dead, id) == ARGV[i + 1]", replacement: "true"),
    Mutant(
      testDescription: "a restored event is not among the dead", script: \.restore,
      text: "call('ZADD', dead, ARGV[2], id)", replacement: ""),
    Mutant(
      testDescription: "an erased event keeps what it carries", script: \.erase,
      text: "'payload', '', ", replacement: ""),
    Mutant(
      testDescription: "an erasure empties only what is in line first", script: \.erase,
      text: "for _, id in ipairs(ids) do", replacement: "for _, id in ipairs({ ids[1] }) do"),
    Mutant(
      testDescription: "an erasure takes an event in hand away", script: \.erase,
      text: "if empty(id) then emptied",
      replacement: "if call('HDEL', event .. id, 'fence') and empty(id) then emptied"),
    Mutant(
      testDescription: "an erased dead event does not come back", script: \.erase,
      text: "if call('RPUSH', list, id) == 1 then line_up(token) end", replacement: ""),
    Mutant(
      testDescription: "an erased dead event comes back and its conversation is not in line", script: \.erase,
      text: "if call('RPUSH', list, id) == 1 then line_up(token) end",
      replacement: "call('RPUSH', list, id)"),
    Mutant(
      testDescription: "an erased dead event does not count", script: \.erase,
      text: "call('HINCRBY', meta, 'depth', 1)", replacement: ""),
    Mutant(
      testDescription: "an erased dead event keeps its deliveries", script: \.erase,
      text: "'reason', 'deliveries',", replacement: "'reason',"),
    Mutant(
      testDescription: "an erased dead event stays among the dead", script: \.erase,
      text: "  call('ZREM', dead, id)\n", replacement: ""),
    Mutant(
      testDescription: "a pause is not kept", script: \.pause,
      text: "call('HSET', meta, 'paused', '1')", replacement: ""),
  ]

  @Test("It notices when", arguments: mutants)
  func mutant(_ mutant: Mutant) async throws {
    var scripts = QueueScripts.bundled
    let script = scripts[keyPath: mutant.script]
    try #require(script.source.contains(mutant.text))
    scripts[keyPath: mutant.script] = RedisScript(
      name: script.name, source: script.source.replacing(mutant.text, with: mutant.replacement))
    let simulation = try await simulation(scripts: scripts, seed: 1)
    simulation.isAboutOperators = true
    await #expect(throws: QueueModel.Violation.self) { try await simulation.run(steps: 100_000) }
  }

  @Test("It notices when a lost reply is not reconciled")
  func missingReconciliation() async throws {
    let simulation = try await simulation(seed: 1)
    simulation.reconcilesAfterLostReplies = false
    await #expect(throws: QueueModel.Violation.self) { try await simulation.run(steps: 1000) }
  }
}

/// Says every few seconds how far a long run is.
private final class ProgressLine: Sendable {
  private let state = NIOLockedValueBox((done: 0, last: ContinuousClock.now))
  private let steps: Int

  init(steps: Int) { self.steps = steps }

  func add(_ count: Int) {
    let line: String? = state.withLockedValue { state in
      state.done += count
      guard ContinuousClock.now - state.last > .seconds(5) else { return nil }
      state.last = .now
      return "queue model: \(state.done) of \(steps) steps"
    }
    if let line { print(line) }
  }
}
