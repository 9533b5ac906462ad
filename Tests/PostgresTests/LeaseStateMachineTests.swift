import Testing

@testable import Postgres

@Suite("One exclusive connection and its borrowers")
struct LeaseStateMachineTests {
  private let start = ContinuousClock.now
  private let lease = LeaseID(number: 1)
  private let next = LeaseID(number: 2)

  private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }
  private func b(_ number: Int) -> BatchID { BatchID(number: number) }

  private func lent(begins: Bool = false) -> LeaseStateMachine {
    var machine = LeaseStateMachine()
    machine.lend(lease, begins: begins)
    return machine
  }

  @Test("Batches run one after another, BEGIN goes in front of the first")
  func order() {
    var machine = lent(begins: true)
    #expect(machine.submit(b(1), lease: lease, deadline: at(9)) == [.send(b(1), begins: true)])
    #expect(machine.submit(b(2), lease: lease, deadline: at(9)) == [])
    #expect(machine.finished(isInTransaction: true) == [.send(b(2), begins: false)])
    #expect(machine.finished(isInTransaction: true) == [])
    #expect(
      machine.submit(b(3), lease: lease, deadline: at(9), isCommit: true) == [.send(b(3), begins: false)])
    #expect(machine.finished(isInTransaction: false) == [])
    #expect(machine.release(lease, isReusable: true, until: at(9), isInTransaction: false) == [.giveBack])
  }

  @Test("A transaction without statements commits without a round trip")
  func empty() {
    var machine = lent(begins: true)
    #expect(machine.submit(b(1), lease: lease, deadline: at(9), isCommit: true) == [.finishEmpty(b(1))])
    #expect(machine.release(lease, isReusable: true, until: at(9), isInTransaction: false) == [.giveBack])
  }

  @Test("An open transaction is rolled back before the connection is given back")
  func rollback() {
    var machine = lent(begins: true)
    _ = machine.submit(b(1), lease: lease, deadline: at(9))
    _ = machine.finished(isInTransaction: true)
    #expect(machine.release(lease, isReusable: true, until: at(9), isInTransaction: true) == [.rollback])
    #expect(machine.finished(isInTransaction: false) == [.giveBack])
    machine.lend(next, begins: false)
    #expect(machine.submit(b(2), lease: lease, deadline: at(9)) == [.reject(b(2))])
    #expect(machine.submit(b(3), lease: next, deadline: at(9)) == [.send(b(3), begins: false)])
  }

  @Test("A cancelled statement must have ended and its request be through, in either order")
  func cancellation() {
    for isAnswerFirst in [true, false] {
      var machine = lent()
      _ = machine.submit(b(1), lease: lease, deadline: at(9))
      #expect(machine.abandon(b(1)) == [.requestCancel])
      #expect(machine.abandon(b(1)) == [])
      #expect(machine.release(lease, isReusable: true, until: at(9), isInTransaction: true) == [])
      if isAnswerFirst {
        #expect(machine.finished(isInTransaction: true) == [])
        #expect(machine.cancelRequestDone(isInTransaction: true) == [.rollback])
      } else {
        #expect(machine.cancelRequestDone(isInTransaction: true) == [])
        #expect(machine.finished(isInTransaction: true) == [.rollback])
      }
      #expect(machine.finished(isInTransaction: false) == [.giveBack])
    }
  }

  @Test("After a cancelled statement the next one waits until the request is through")
  func afterCancellation() {
    var machine = lent()
    _ = machine.submit(b(1), lease: lease, deadline: at(9))
    _ = machine.abandon(b(1))
    #expect(machine.submit(b(2), lease: lease, deadline: at(9)) == [])
    #expect(machine.finished(isInTransaction: false) == [])
    #expect(machine.cancelRequestDone(isInTransaction: false) == [.send(b(2), begins: false)])
  }

  @Test("Who waits behind another batch gives up in time or leaves")
  func backlog() {
    var machine = lent()
    _ = machine.submit(b(1), lease: lease, deadline: at(50))
    _ = machine.submit(b(2), lease: lease, deadline: at(20))
    _ = machine.submit(b(3), lease: lease, deadline: at(30))
    #expect(machine.nextDeadline == at(20))
    #expect(machine.expire(now: at(20)) == [.giveUp(b(2))])
    #expect(machine.abandon(b(3)) == [])
    #expect(machine.nextDeadline == nil)
    #expect(machine.finished(isInTransaction: false) == [])
  }

  @Test("A COMMIT is not cancelled: its connection is closed")
  func commit() {
    var machine = lent()
    _ = machine.submit(b(1), lease: lease, deadline: at(9), isCommit: true)
    #expect(machine.abandon(b(1)) == [.close])
  }

  @Test("A release with a statement still running cancels it, and rejects what has not begun")
  func earlyRelease() {
    var machine = lent()
    _ = machine.submit(b(1), lease: lease, deadline: at(9))
    _ = machine.submit(b(2), lease: lease, deadline: at(9))
    #expect(
      machine.release(lease, isReusable: true, until: at(50), isInTransaction: true)
        == [.reject(b(2)), .requestCancel])
    #expect(machine.release(lease, isReusable: true, until: at(50), isInTransaction: true) == [])
    #expect(machine.nextDeadline == at(50))
    #expect(machine.expire(now: at(49)) == [])
    #expect(machine.expire(now: at(50)) == [.close])
  }

  @Test("A connection that is not reusable, or does not get clean, is closed")
  func unclean() {
    var broken = lent()
    #expect(broken.release(lease, isReusable: false, until: at(9), isInTransaction: false) == [.close])
    var stuck = lent()
    #expect(stuck.release(lease, isReusable: true, until: at(9), isInTransaction: true) == [.rollback])
    #expect(stuck.finished(isInTransaction: true) == [.close])
  }
}
