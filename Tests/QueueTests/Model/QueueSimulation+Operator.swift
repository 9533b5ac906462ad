import Keyspace
import Queue
import Redis
import TestSupport

/// Operators, and the workers' copying and purging of the dead, among everything else that happens.
extension QueueSimulation {
  func operatorActs() async throws {
    if random.chance(150) { return try await erase() }
    switch random.next() % 10 {
    case 0..<3: try await replay()
    case 3: try await replayAll()
    case 4..<6: try await discard()
    case 6: try await pause()
    case 7..<9: try await copyDead()
    default: try await purge()
    }
  }

  /// Some dead ids and one that is not dead. Once purged, what has no payload does not come back.
  private func ids() -> [String] {
    let dead = model.dead.subtracting(model.purged.intersection(model.hollow)).sorted()
    let chosen = (0..<2).compactMap { _ in dead.randomElement(using: &random) }
    let queued = model.pending.compactMap(\.first).filter { !model.lost.contains($0) }
    return Array(Set(chosen)).sorted() + [queued.randomElement(using: &random)].compactMap { $0 }
  }

  private func replay() async throws {
    var ids = ids()
    if isAboutOperators { ids = try await patiently(ids) }
    try await restore(ids.filter(model.purged.contains))
    for (id, outcome) in zip(ids, try await fixture.queue.replay(ids)) {
      let expected: ReplayOutcome =
        !model.dead.contains(id) ? .queued : model.hollow.contains(id) ? .payloadLost : .replayed
      guard outcome == expected else {
        throw Violation("the replay of \(id) was \(outcome), not \(expected)")
      }
      guard outcome == .replayed else { continue }
      count(model.poison.contains(id) ? "replayed poison" : "replayed")
      if model.poison.contains(id) { try await checkQuarantine(of: id) }
      letters[id] = nil
      try model.replayed(id)
    }
  }

  /// Poison that comes back has one strike left, and its conversation waits among the innocent no longer.
  private func checkQuarantine(of id: String) async throws {
    let report = try await fixture.queue.event(id)
    guard case .queued(_, let line) = report.state, report.strikes == 2, line != .ready else {
      throw Violation("\(id) was replayed as poison and is \(report)")
    }
    guard try await !isReady(report.conversation) else {
      throw Violation("\(id) was replayed as poison and waits among the innocent")
    }
  }

  /// Without the poison whose conversation is still in quarantine: the hard case is one that has left it.
  private func patiently(_ ids: [String]) async throws -> [String] {
    var chosen: [String] = []
    for id in ids {
      if model.poison.contains(id) {
        let report = try await fixture.queue.event(id)
        guard try await isReady(report.conversation) else { continue }
      }
      chosen.append(id)
    }
    return chosen
  }

  private func isReady(_ conversation: String?) async throws -> Bool {
    let token = ConversationToken(conversation ?? "", shards: fixture.settings.shards)
    return try await !fixture.run("LPOS", fixture.keys(shard: token.shard).ready, token.text).isNull
  }

  private func replayAll() async throws {
    guard !isAboutOperators, random.chance(100) else { return }
    count("replayed all")
    let here = model.dead.subtracting(model.purged).subtracting(model.hollow)
    let expected = here.sorted()
    let replayed = Box()
    let result = try await fixture.queue.replayAll(.all, record: { replayed.ids += $0 })
    guard replayed.ids.sorted() == expected, result[.replayed] == expected.count else {
      throw Violation("all were replayed: \(replayed.ids), dead were \(expected)")
    }
    for id in replayed.ids {
      if model.poison.contains(id) { try await checkQuarantine(of: id) }
      letters[id] = nil
      try model.replayed(id)
    }
  }

  private func discard() async throws {
    var ids = ids()
    if isAboutOperators { ids.removeAll(where: model.poison.contains) }
    try await restore(ids.filter(model.purged.contains))
    for (id, outcome) in zip(ids, try await fixture.queue.discard(ids)) {
      let expected: DiscardOutcome = model.dead.contains(id) ? .discarded : .queued
      guard outcome == expected else { throw Violation("\(id) was \(outcome), not \(expected)") }
      guard outcome == .discarded else { continue }
      count("discarded")
      letters[id] = nil
      try model.gaveUp(id)
    }
  }

  /// Of a conversation in any state whatever.
  private func erase() async throws {
    let conversation = Int(random.next() % UInt64(model.conversations.count))
    let name = model.conversations[conversation]
    let result = try await fixture.queue.erase([QueueErasure(conversation: name)])
    let states = try await returned(conversation)
    let expected = try model.wasErased(conversation, returned: states)
    guard (result.emptied, result.returned) == expected else {
      throw Violation("the erasure of \(name) came to \(result), not to \(expected)")
    }
    for (id, letter) in letters where letter.event.conversation.utf8.elementsEqual(name.utf8) {
      letters[id] = nil
    }
    count("erased")
    if result.returned > 0 { count("erased dead") }
  }

  /// The dead of a conversation that are dead no longer.
  private func returned(_ conversation: Int) async throws -> [String] {
    let dead = model.dead.subtracting(model.purged).filter { model.home(of: $0) == conversation }.sorted()
    let token = ConversationToken(model.conversations[conversation], shards: fixture.settings.shards)
    let keys = fixture.keys(shard: token.shard)
    let scores = try await fixture.redis.pipeline(
      dead.map { RedisCommand("ZSCORE", .init(keys.dead), .init($0)) }, timeout: .seconds(10))
    let back = zip(dead, scores).filter { $1.isNull }.map(\.0)
    // In the order in which they stand in line now.
    let line = try await fixture.list(keys.events(token.text))
    guard line.suffix(back.count).sorted() == back else {
      throw Violation("\(back) came back, and in line are \(line)")
    }
    return Array(line.suffix(back.count))
  }

  private func pause() async throws {
    guard let incarnation = alive.randomElement(using: &random) else { return }
    count("paused")
    try await fixture.queue.pause()
    let shard = Int.random(in: 0..<fixture.settings.shards, using: &random)
    let result = try await incarnation.worker.reserve(shard: shard)
    guard result.status == .paused, result.reservations.isEmpty else {
      throw Violation("a paused queue answered \(result)")
    }
    try await fixture.queue.resume()
  }

  /// As the copier does it, which may be struck down, or overtaken by an operator, between copy and mark.
  private func copyDead() async throws {
    let copies = try await fixture.queue.unarchived(fromStart: random.chance(100))
    for copy in copies {
      guard model.dead.contains(copy.event.id), !model.purged.contains(copy.event.id) else {
        throw Violation("\(copy.event.id) is to be copied and not dead")
      }
    }
    if random.chance(100) { return }
    var overtaken: String?
    if random.chance(200), let id = copies.map(\.event.id).filter({ !model.hollow.contains($0) }).first {
      guard try await fixture.queue.replay([id]) == [.replayed] else {
        throw Violation("\(id) cannot be replayed")
      }
      try model.replayed(id)
      overtaken = id
    }
    let marked = try await fixture.queue.markArchived(copies.map(\.event))
    for (copy, isDead) in zip(copies, marked) {
      guard isDead == (copy.event.id != overtaken) else {
        throw Violation("\(copy.event.id) is marked: \(isDead)")
      }
      if isDead { letters[copy.event.id] = copy }
    }
    if !copies.isEmpty { count("copied") }
  }

  /// Redis may forget only what was copied.
  private func purge() async throws {
    var here = model.dead.subtracting(model.purged)
    // Kept for ``patiently(_:)``.
    if isAboutOperators { here.subtract(model.poison) }
    guard let id = here.sorted().randomElement(using: &random) else { return }
    let purged = try await fixture.queue.purge([id])
    guard purged == (letters[id] == nil ? 0 : 1) else {
      throw Violation(
        "\(id) was \(purged == 0 ? "not " : "")purged, a copy is \(letters[id] == nil ? "not " : "")there")
    }
    guard purged == 1 else { return }
    count("purged")
    try model.wasPurged(id)
  }

  private func restore(_ ids: [String]) async throws {
    let copies = ids.compactMap { letters[$0] }
    guard copies.count == ids.count else { throw Violation("\(ids) were purged without a copy") }
    guard !copies.isEmpty else { return }
    count("restored")
    let outcomes = try await fixture.queue.restore(copies)
    guard outcomes.allSatisfy({ $0 == .restored }) else { throw Violation("restored: \(outcomes)") }
    for id in ids { model.cameBack(id) }
  }

  /// Carries ids out of a closure that is done before anybody reads them.
  private final class Box: @unchecked Sendable {
    var ids: [String] = []
  }
}
