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
  private(set) var dead: Set<String> = []
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
    if isPoison { poison.insert(id) }
  }

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
    for id in ids where appliedIDs.insert(id).inserted { applied[conversation].append(id) }
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
      dead.insert(id)
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
    default: throw Violation("\(id) died of \(reason ?? "nothing")")
    }
    dead.insert(id)
    for index in pending.indices { pending[index].removeAll { $0 == id } }
  }

  /// After the drain: nothing is lost and nothing is out of order.
  func checkEnd() throws {
    for (conversation, all) in accepted.enumerated() {
      for id in all where settled.contains(id) == dead.contains(id) {
        throw Violation("\(id) is \(settled.contains(id) ? "both settled and" : "neither settled nor") dead")
      }
      let applied = applied[conversation]
      let inOrder = all.filter(appliedIDs.contains)
      guard applied == inOrder else { throw Violation("applied \(applied), accepted \(inOrder)") }
    }
  }

  private mutating func remove(_ id: String, of reservation: Reservation) throws {
    let conversation = try index(of: reservation.conversation)
    guard let place = pending[conversation].firstIndex(of: id) else {
      throw Violation("\(id) left the queue a second time")
    }
    pending[conversation].remove(at: place)
  }
}
