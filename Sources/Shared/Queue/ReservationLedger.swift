/// What one worker believes about its reservations, and what it must do before it may take more. Decides
/// only.
///
/// The danger it guards against: a reservation whose reply was lost is held by a worker that lives and does
/// not know of it, so nobody would ever work on it. Whenever a reply is missing the worker owes a
/// reconciliation.
struct ReservationLedger {
  /// What a call for work has to begin with.
  enum Start: Equatable {
    case register
    case reconcile
    case reserve(number: Int64, isBusyElsewhere: Bool)
    /// A suspect is in hand, or a reservation is under way whose answer must be known first.
    case wait
  }

  /// A reconciliation to be sent.
  struct Reconciliation: Equatable {
    let number: Int64
    let known: Set<ReservationTicket>
    /// The doubts that its success dispels.
    fileprivate let doubts: Int
  }

  /// The incarnation. A new name after each death, so that late calls of the old one are told apart.
  private(set) var worker: String
  /// What is in hand.
  private(set) var held: Set<ReservationTicket> = []
  /// The shard that has a suspect for this worker once its hands are empty; until then no other may fill
  /// them.
  private(set) var duty: Int?
  private(set) var isRegistered = false
  private var lastNumber: Int64 = 0
  private var reservesInFlight = 0
  private var doubts = 0
  private var suspect: ReservationTicket?

  init(worker: String) { self.worker = worker }

  mutating func startReserve(shard: Int) -> Start {
    guard isRegistered else { return .register }
    guard suspect == nil else { return .wait }
    guard doubts == 0 else { return reservesInFlight == 0 ? .reconcile : .wait }
    reservesInFlight += 1
    return .reserve(number: nextNumber(), isBusyElsewhere: held.contains { $0.shard != shard })
  }

  /// - Returns: what is really in hand: nothing if the worker was declared dead meanwhile.
  mutating func reserveAnswered(_ result: ReserveResult, shard: Int, worker: String) -> [Reservation] {
    guard worker == self.worker else { return [] }
    reservesInFlight -= 1
    held.formUnion(result.reservations.map(\.ticket))
    if let taken = result.reservations.first(where: \.isSuspect) { suspect = taken.ticket }
    duty = result.status == .quarantine ? shard : nil
    return result.reservations
  }

  /// Whatever the error: a script that fails half-way has made its first moves.
  mutating func reserveFailed(worker: String) {
    guard worker == self.worker else { return }
    reservesInFlight -= 1
    doubts += 1
  }

  /// Nil while a reservation is under way, whose tokens the answer would take back.
  mutating func startReconcile() -> Reconciliation? {
    guard isRegistered, reservesInFlight == 0 else { return nil }
    return Reconciliation(number: nextNumber(), known: held, doubts: doubts)
  }

  mutating func reconciled(_ reconciliation: Reconciliation, worker: String) {
    guard worker == self.worker else { return }
    doubts -= reconciliation.doubts
  }

  /// The reservation is over, or no longer this worker's.
  mutating func settled(_ ticket: ReservationTicket) {
    held.remove(ticket)
    if suspect == ticket { suspect = nil }
  }

  /// It is not known whether it is over: if not, the next reconciliation gives it back and it is delivered
  /// again.
  mutating func settleFailed(_ ticket: ReservationTicket) {
    settled(ticket)
    if ticket.worker == worker { doubts += 1 }
  }

  /// The worker leaves: whatever is in hand is to be taken back.
  mutating func abandonAll() {
    held = []
    suspect = nil
  }

  mutating func registered(worker: String) {
    if worker == self.worker { isRegistered = true }
  }

  /// The incarnation is dead; whatever it held belongs to others.
  mutating func fenced(worker: String, successor: String) {
    guard worker == self.worker else { return }
    self = ReservationLedger(worker: successor)
  }

  private mutating func nextNumber() -> Int64 {
    lastNumber += 1
    return lastNumber
  }
}
