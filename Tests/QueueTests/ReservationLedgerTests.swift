import NIOCore
import Testing

@testable import Queue

@Suite("Reservation ledger")
struct ReservationLedgerTests {
  private func reservation(_ token: String, fence: Int64 = 1, shard: Int = 0, isSuspect: Bool = false)
    -> Reservation
  {
    let event = QueuedEvent(
      id: token, conversation: token, payload: ByteBuffer(), enqueuedAt: 0, deliveries: 1)
    let ticket = ReservationTicket(worker: "w", shard: shard, token: token, fence: fence)
    return Reservation(ticket: ticket, events: [event], isSuspect: isSuspect)
  }

  private func registered() -> ReservationLedger {
    var ledger = ReservationLedger(worker: "w")
    ledger.registered(worker: "w")
    return ledger
  }

  private func answer(
    _ ledger: inout ReservationLedger, _ reservations: [Reservation], _ status: ReserveResult.Status = .ok,
    shard: Int = 0
  ) -> [Reservation] {
    ledger.reserveAnswered(
      ReserveResult(status: status, reservations: reservations), shard: shard, worker: "w")
  }

  @Test("It registers first, then calls with growing numbers")
  func numbers() {
    var ledger = ReservationLedger(worker: "w")
    #expect(ledger.startReserve(shard: 0) == .register)
    ledger.registered(worker: "w")
    #expect(ledger.startReserve(shard: 0) == .reserve(number: 1, isBusyElsewhere: false))
    #expect(ledger.startReserve(shard: 1) == .reserve(number: 2, isBusyElsewhere: false))
  }

  @Test("A lost reply has to be reconciled before anything else is reserved")
  func lostReply() throws {
    var ledger = registered()
    let one = reservation("one")
    _ = ledger.startReserve(shard: 0)
    #expect(answer(&ledger, [one]) == [one])
    _ = ledger.startReserve(shard: 0)
    ledger.reserveFailed(worker: "w")
    #expect(ledger.startReserve(shard: 0) == .reconcile)
    let reconciliation = ledger.startReconcile()
    let start = try #require(reconciliation)
    #expect(start.number == 3)
    #expect(start.known == [one.ticket])
    #expect(ledger.startReserve(shard: 0) == .reconcile)
    ledger.reconciled(start, worker: "w")
    #expect(ledger.startReserve(shard: 0) == .reserve(number: 4, isBusyElsewhere: false))
  }

  @Test("A reconciliation waits for the reservation that is under way")
  func reserveUnderWay() {
    var ledger = registered()
    _ = ledger.startReserve(shard: 0)
    _ = ledger.startReserve(shard: 0)
    #expect(ledger.startReconcile() == nil)
    ledger.reserveFailed(worker: "w")
    #expect(ledger.startReconcile() == nil)
    #expect(ledger.startReserve(shard: 0) == .wait)
    _ = answer(&ledger, [])
    #expect(ledger.startReconcile() != nil)
  }

  @Test("A doubt that arises during a reconciliation outlives it")
  func laterDoubt() throws {
    var ledger = registered()
    let one = reservation("one")
    _ = ledger.startReserve(shard: 0)
    _ = answer(&ledger, [one])
    let reconciliation = ledger.startReconcile()
    let start = try #require(reconciliation)
    ledger.settleFailed(one.ticket)
    ledger.reconciled(start, worker: "w")
    #expect(ledger.startReserve(shard: 0) == .reconcile)
    #expect(ledger.held == [])
  }

  @Test("With a suspect in hand it asks for nothing else")
  func suspect() {
    var ledger = registered()
    let suspect = reservation("bad", isSuspect: true)
    _ = ledger.startReserve(shard: 0)
    _ = answer(&ledger, [suspect])
    #expect(ledger.startReserve(shard: 1) == .wait)
    ledger.settled(suspect.ticket)
    #expect(ledger.startReserve(shard: 1) == .reserve(number: 2, isBusyElsewhere: false))
  }

  @Test("A shard with a suspect comes first until it gives another answer")
  func duty() {
    var ledger = registered()
    _ = ledger.startReserve(shard: 2)
    _ = answer(&ledger, [], .quarantine, shard: 2)
    #expect(ledger.duty == 2)
    _ = ledger.startReserve(shard: 2)
    _ = answer(&ledger, [reservation("bad", shard: 2, isSuspect: true)], .solo, shard: 2)
    #expect(ledger.duty == nil)
  }

  @Test("Work of another shard is told")
  func busyElsewhere() {
    var ledger = registered()
    _ = ledger.startReserve(shard: 1)
    _ = answer(&ledger, [reservation("one", shard: 1)])
    #expect(ledger.startReserve(shard: 1) == .reserve(number: 2, isBusyElsewhere: false))
    #expect(ledger.startReserve(shard: 0) == .reserve(number: 3, isBusyElsewhere: true))
  }

  @Test("A fenced worker starts anew, and answers to its former self count for nothing")
  func fenced() {
    var ledger = registered()
    _ = ledger.startReserve(shard: 0)
    ledger.fenced(worker: "w", successor: "v")
    #expect(answer(&ledger, [reservation("one")]) == [])
    ledger.fenced(worker: "w", successor: "u")
    #expect(ledger.worker == "v")
    #expect(ledger.held == [])
    #expect(ledger.startReserve(shard: 0) == .register)
  }
}
