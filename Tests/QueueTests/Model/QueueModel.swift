import NIOCore
import Queue

/// What must be true of the queue, kept beside it by the simplest means. Knows nothing of Redis: it is told
/// what was done and what was answered, and throws at the first contradiction.
struct QueueModel {
  struct Violation: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  private(set) var accepted: [[String]]
  /// Per conversation, what neither was settled nor died, in the order of acceptance.
  private(set) var pending: [[String]]
  private(set) var settled: Set<String> = []
  /// Dead, whether in Redis or purged from there.
  private(set) var dead: Set<String> = []
  /// Of those, what was purged and is in "Postgres" only.
  private(set) var purged: Set<String> = []
  private(set) var discarded: Set<String> = []
  /// Of those, what Redis does not know of.
  private(set) var forgotten: Set<String> = []
  /// Emptied with their conversation, be they pending, settled or whatever now.
  private(set) var erased: Set<String> = []
  /// Ids that died at least once, whatever became of them.
  private(set) var everDead: Set<String> = []
  /// Of the dead, those whose payload is gone.
  private(set) var hollow: Set<String> = []
  private var homes: [String: Int] = [:]
  /// Ids whose payload was taken away and which were not found dead yet.
  private(set) var lost: Set<String> = []
  private(set) var poison: Set<String> = []
  /// Ids that every worker rejects.
  private(set) var hopeless: Set<String> = []
  /// The effects in Postgres, per conversation, in the order of their commits.
  private(set) var applied: [[String]]
  private var appliedIDs: Set<String> = []
  private var retries: [String: Int] = [:]
  private var lastFence: [Int64]
  private var committedFence: [Int64]
  let conversations: [String]

  init(conversations: [String]) {
    self.conversations = conversations
    let none = conversations.map { _ in [String]() }
    (accepted, pending, applied) = (none, none, none)
    lastFence = conversations.map { _ in 0 }
    committedFence = lastFence
  }

  var depth: Int { pending.reduce(0) { $0 + $1.count } }

  /// Swift's `==` would take two of the names for one.
  func index(of conversation: String) throws -> Int {
    guard let index = conversations.firstIndex(where: { $0.utf8.elementsEqual(conversation.utf8) }) else {
      throw Violation("an unknown conversation \(conversation)")
    }
    return index
  }

  mutating func enqueued(_ id: String, in conversation: Int, isPoison: Bool) {
    accepted[conversation].append(id)
    pending[conversation].append(id)
    homes[id] = conversation
    if isPoison { poison.insert(id) }
  }

  func home(of id: String) -> Int? { homes[id] }

  mutating func isHopeless(_ id: String) { hopeless.insert(id) }

  mutating func lostPayload(_ id: String) { lost.insert(id) }

  /// A reservation must be the beginning of what is pending, under a fence never seen, with the attempts
  /// counted right.
  mutating func reserved(_ reservation: Reservation) throws {
    let conversation = try index(of: reservation.conversation)
    let expected = pending[conversation].filter { !lost.contains($0) }.prefix(reservation.events.count)
    guard reservation.events.map(\.id) == Array(expected) else {
      throw Violation("reserved \(reservation.events.map(\.id)), pending are \(expected)")
    }
    guard reservation.fence > lastFence[conversation] else {
      throw Violation("fence \(reservation.fence) after \(lastFence[conversation])")
    }
    lastFence[conversation] = reservation.fence
    for event in reservation.events where String(buffer: event.payload) != payload(of: event.id) {
      throw Violation("\(event.id) carries “\(String(buffer: event.payload))”")
    }
    for event in reservation.events where event.deliveries != 1 + retries[event.id, default: 0] {
      throw Violation(
        "\(event.id) counts \(event.deliveries) deliveries, was retried \(retries[event.id] ?? 0) times")
    }
  }

  /// A commit to Postgres, which refuses older fences and applies nothing twice.
  mutating func commit(_ ids: [String], of reservation: Reservation) throws {
    let conversation = try index(of: reservation.conversation)
    guard reservation.fence >= committedFence[conversation] else { return }
    committedFence[conversation] = reservation.fence
    for id in ids where appliedIDs.insert(id).inserted {
      if hopeless.contains(id), erased.contains(id) { letPass(id, conversation) }
      applied[conversation].append(id)
    }
  }

  /// A rejection, which would be the same every time, lets the following events pass. If it is lost before it is settled,
  /// and the event is erased meanwhile, that one is accepted after all, with nothing in it: it comes behind those that passed.
  private mutating func letPass(_ id: String, _ conversation: Int) {
    guard let place = accepted[conversation].firstIndex(of: id),
      let last = applied[conversation].last.flatMap(accepted[conversation].firstIndex(of:)), last > place
    else { return }
    accepted[conversation].insert(accepted[conversation].remove(at: place), at: last)
  }

  mutating func didSettle(_ settlement: Settlement, of reservation: Reservation) throws {
    for id in settlement.acknowledged {
      guard appliedIDs.contains(id) else { throw Violation("\(id) is settled and was never applied") }
      guard settled.insert(id).inserted else { throw Violation("\(id) is settled a second time") }
      try remove(id, of: reservation)
    }
    switch settlement.failure {
    case .retry(let id, _, _): retries[id, default: 0] += 1
    case .dead(let id, _, _):
      died(id)
      try remove(id, of: reservation)
    case .release, nil: break
    }
  }

  /// - Parameter reason: what the event's hash says.
  mutating func foundDead(_ id: String, reason: String?) throws {
    switch reason {
    case DeathReason.poison.rawValue:
      guard poison.contains(id) else { throw Violation("\(id) died for another") }
    case DeathReason.payloadLost.rawValue:
      guard lost.remove(id) != nil else { throw Violation("\(id) died although its payload is there") }
      hollow.insert(id)
    default: throw Violation("\(id) died of \(reason ?? "nothing")")
    }
    died(id)
    for index in pending.indices { pending[index].removeAll { $0 == id } }
  }

  /// What an event carries, unless it was erased.
  func payload(of id: String) -> String { erased.contains(id) ? "" : "payload of \(id)" }

  // MARK: Operator

  /// Whatever of a conversation is queued or dead is emptied, also what lost its payload; the dead come back, in any order.
  /// Those that were purged end here.
  ///
  /// - Returns: how many were emptied in their places, and how many came back.
  mutating func wasErased(_ conversation: Int, returned: [String]) throws -> (emptied: Int, returned: Int) {
    let queued = pending[conversation]
    let here = dead.filter { homes[$0] == conversation && !purged.contains($0) }
    guard here == Set(returned) else { throw Violation("\(returned) came back, dead were \(here)") }
    lost.subtract(queued)
    hollow.subtract(returned)
    for id in returned { try replayed(id) }
    erased.formUnion(pending[conversation])
    for id in dead where homes[id] == conversation {
      try gaveUp(id)
      forgotten.insert(id)
    }
    return (queued.count, returned.count)
  }

  /// It begins anew, behind everybody; unless its effects are there already, they count from now on.
  mutating func replayed(_ id: String) throws {
    guard let home = homes[id], dead.remove(id) != nil else {
      throw Violation("\(id) was replayed and not dead")
    }
    guard !hollow.contains(id) else { throw Violation("\(id) was replayed without a payload") }
    purged.remove(id)
    retries[id] = nil
    pending[home].append(id)
    if !appliedIDs.contains(id) {
      accepted[home].removeAll { $0 == id }
      accepted[home].append(id)
    }
  }

  mutating func gaveUp(_ id: String) throws {
    guard dead.remove(id) != nil else { throw Violation("\(id) was discarded and not dead") }
    purged.remove(id)
    discarded.insert(id)
  }

  mutating func wasPurged(_ id: String) throws {
    guard dead.contains(id), purged.insert(id).inserted else {
      throw Violation("\(id) was purged and not dead")
    }
  }

  mutating func cameBack(_ id: String) { purged.remove(id) }

  /// Who may have died by the decision of Redis, with the conversation of each.
  var endangered: [(id: String, conversation: Int)] {
    pending.enumerated().flatMap { index, ids in
      ids.filter { lost.contains($0) || poison.contains($0) }.map { ($0, index) }
    }
  }

  private mutating func died(_ id: String) {
    dead.insert(id)
    everDead.insert(id)
  }

  /// After the drain: nothing is lost and nothing is out of order.
  func checkEnd() throws {
    for (conversation, all) in accepted.enumerated() {
      for id in all {
        let ends = [settled, dead, discarded].count { $0.contains(id) }
        guard ends == 1 else { throw Violation("\(id) has \(ends) ends") }
      }
      let applied = applied[conversation]
      let inOrder = all.filter(appliedIDs.contains)
      guard applied == inOrder else { throw Violation(disorder(applied, inOrder)) }
    }
  }

  /// Where the two orders part, and what became of the events there.
  private func disorder(_ applied: [String], _ accepted: [String]) -> String {
    let place = zip(applied, accepted).prefix { $0 == $1 }.count
    let facts = accepted.dropFirst(place).prefix(1).map { id in
      "\(id) (erased: \(erased.contains(id)), was dead: \(everDead.contains(id)), "
        + "discarded: \(discarded.contains(id)), forgotten: \(forgotten.contains(id)))"
    }
    return "from place \(place) on applied \(applied.dropFirst(place).prefix(20)), "
      + "accepted \(accepted.dropFirst(place).prefix(20)); \(facts.joined())"
  }

  private mutating func remove(_ id: String, of reservation: Reservation) throws {
    let conversation = try index(of: reservation.conversation)
    guard let place = pending[conversation].firstIndex(of: id) else {
      throw Violation("\(id) left the queue a second time")
    }
    pending[conversation].remove(at: place)
  }
}
