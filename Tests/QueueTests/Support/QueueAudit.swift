import Keyspace
import Queue
import Redis

/// Checks, from outside, what must hold after every transition.
struct QueueAudit {
  private let fixture: QueueFixture

  init(_ fixture: QueueFixture) { self.fixture = fixture }

  /// - Parameters:
  ///   - tokens: every conversation there ever was.
  ///   - workers: every worker there ever was, or at least those that could hold something.
  func violations(tokens: [ConversationToken], workers: [String] = []) async throws -> [String] {
    var found: [String] = []
    for shard in 0..<fixture.settings.shards {
      let mine = tokens.filter { $0.shard == shard }.map(\.text)
      found += try await violations(fixture.keys(shard: shard), tokens: mine, workers: workers)
    }
    return found
  }

  private func violations(
    _ keys: QueueKeys, tokens: [String], workers: [String]
  ) async throws -> [String] {
    let commands: [[String]] =
      [
        ["LRANGE", keys.ready, "0", "-1"], ["LRANGE", keys.suspect, "0", "-1"],
        ["ZRANGE", keys.delayed, "0", "-1"], ["ZRANGE", keys.workers, "0", "-1"], ["HKEYS", keys.lease],
        ["HKEYS", keys.solo], ["ZRANGE", keys.dead, "0", "-1"], ["LRANGE", keys.wake, "0", "-1"],
        ["HMGET", keys.meta] + Self.counters,
      ] + tokens.map { ["LRANGE", keys.events($0), "0", "-1"] }
    let lists = try await ask(commands)
    let registered = lists[3]
    let names = Array(Set(registered + workers))
    let hands = try await ask(names.map { ["LRANGE", keys.held($0), "0", "-1"] })
    let queued = Array(lists[9...])

    var found = places(tokens: tokens, queued: queued, lines: Array(lists[0...2]) + hands)
    for (name, hand) in zip(names, hands) where !hand.isEmpty && !registered.contains(name) {
      found.append("\(name) holds \(hand) and is not registered")
    }
    if hands.flatMap({ $0 }).sorted() != lists[4].sorted() {
      found.append("leases \(lists[4]), held \(hands)")
    }
    for token in lists[5]
    where !tokens.contains(where: { same($0, token) }) || pending(token, tokens, queued) == 0 {
      found.append("\(token) is in quarantine without work")
    }
    for token in lists[1] where !lists[5].contains(where: { same($0, token) }) {
      found.append("\(token) waits among the suspects and is none")
    }
    for token in lists[0] where lists[5].contains(where: { same($0, token) }) {
      found.append("\(token) is in quarantine and waits among the innocent")
    }
    let depth = queued.reduce(0) { $0 + $1.count }
    let counts = lists[8].map { Int($0) ?? 0 }
    if counts[0] != depth { found.append("depth is \(counts[0]), the lists hold \(depth)") }
    let overlap = Set(queued.flatMap { $0 }).intersection(lists[6])
    if !overlap.isEmpty { found.append("both queued and dead: \(overlap)") }
    if Set(queued.flatMap { $0 }).count != depth { found.append("an id is queued twice: \(queued)") }
    if lists[7].count > 64 { found.append("\(lists[7].count) hints") }
    return found
  }

  private static let counters = ["depth"]

  private func places(tokens: [String], queued: [[String]], lines: [[String]]) -> [String] {
    let places = lines.flatMap { $0 }
    return zip(tokens, queued).compactMap { token, ids in
      let count = places.count { same($0, token) }
      return count == (ids.isEmpty ? 0 : 1)
        ? nil : "\(token) has \(ids.count) events and \(count) places: \(lines)"
    } + places.filter { place in !tokens.contains { same($0, place) } }.map { "\($0) is nobody's token" }
  }

  private func pending(_ token: String, _ tokens: [String], _ queued: [[String]]) -> Int {
    zip(tokens, queued).first { same($0.0, token) }?.1.count ?? 0
  }

  private func same(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }

  private func ask(_ commands: [[String]]) async throws -> [[String]] {
    let requests = commands.map { RedisCommand($0[0], $0.dropFirst().map { RedisArgument($0) }) }
    return try await fixture.redis.pipeline(requests, timeout: .seconds(10)).map { reply in
      (try reply.get().array ?? []).map { $0.string ?? "0" }
    }
  }
}
