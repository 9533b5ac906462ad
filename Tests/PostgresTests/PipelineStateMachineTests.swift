import Testing

@testable import Postgres

@Suite("The line of batches on a connection")
struct PipelineStateMachineTests {
  private let start = ContinuousClock.now

  private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }
  private func b(_ number: Int) -> BatchID { BatchID(number: number) }

  @Test("Answers belong to the batches in the order they were sent")
  func order() {
    var line = PipelineStateMachine()
    line.send(b(1), [.prepare("p"), .run("p")], deadline: at(100), now: at(0))
    line.send(b(2), [.run("p"), .run(nil)], deadline: at(100), now: at(1))
    #expect(line.front == b(1) && line.count == 2)
    #expect(line.receive(.success, now: at(2)) == .discard)
    #expect(line.receive(.success, now: at(2)) == .keep)
    #expect(line.waitingSince == at(0))
    #expect(line.receive(.sync, now: at(2)) == .finish(b(1)))
    #expect(line.waitingSince == at(2))
    #expect(line.receive(.success, now: at(3)) == .keep)
    #expect(line.receive(.success, now: at(3)) == .keep)
    #expect(line.receive(.sync, now: at(3)) == .finish(b(2)))
    #expect(line.count == 0 && line.waitingSince == nil)
  }

  @Test("A failure ends its batch and no other")
  func failure() {
    var line = PipelineStateMachine()
    line.send(b(1), [.begin, .run(nil), .prepare("p"), .run("p")], deadline: at(100), now: at(0))
    line.send(b(2), [.run("q")], deadline: at(100), now: at(0))
    #expect(line.receive(.success, now: at(1)) == .discard)
    #expect(line.receive(.success, now: at(1)) == .keep)
    #expect(line.receive(.failure, now: at(1)) == .fail(statement: 1, .prepare("p")))
    #expect(line.receive(.skipped, now: at(1)) == .skip(.run("p")))
    #expect(line.receive(.sync, now: at(1)) == .finish(b(1)))
    #expect(line.receive(.success, now: at(1)) == .keep)
    #expect(line.receive(.sync, now: at(1)) == .finish(b(2)))
  }

  @Test("An abandoned batch stays in the line as a tombstone")
  func tombstone() {
    var line = PipelineStateMachine()
    for number in [3, 5, 9] { line.send(b(number), [.run(nil)], deadline: at(100), now: at(0)) }
    #expect(line.abandon(b(5)) == true)
    #expect(line.abandon(b(4)) == false)
    #expect(line.receive(.success, now: at(1)) == .keep)
    #expect(line.receive(.sync, now: at(1)) == .finish(b(3)))
    #expect(line.receive(.success, now: at(1)) == .discard)
    #expect(line.receive(.sync, now: at(1)) == .finish(b(5)))
    #expect(line.receive(.success, now: at(1)) == .keep)
    #expect(line.receive(.sync, now: at(1)) == .finish(b(9)))
    #expect(line.abandon(b(9)) == false)
  }

  @Test("Batches expire by their own deadlines, once")
  func expiry() {
    var line = PipelineStateMachine()
    line.send(b(1), [.run(nil)], deadline: at(50), now: at(0))
    line.send(b(2), [.run(nil)], deadline: at(20), now: at(0))
    line.send(b(3), [.run(nil)], deadline: at(90), now: at(0))
    #expect(line.nextDeadline == at(20))
    #expect(line.expire(now: at(19)) == [])
    #expect(line.expire(now: at(20)) == [b(2)])
    #expect(line.nextDeadline == at(50))
    #expect(line.expire(now: at(100)) == [b(1), b(3)])
    #expect(line.expire(now: at(200)) == [])
    #expect(line.nextDeadline == nil && line.count == 3)
  }

  @Test("An answer that nobody asked for is a violation")
  func violation() {
    var line = PipelineStateMachine()
    #expect(line.receive(.success, now: at(0)) == .violation)
    line.send(b(1), [.run(nil)], deadline: at(50), now: at(0))
    #expect(line.receive(.success, now: at(0)) == .keep)
    #expect(line.receive(.success, now: at(0)) == .violation)
    var early = PipelineStateMachine()
    early.send(b(1), [.run(nil)], deadline: at(50), now: at(0))
    #expect(early.receive(.sync, now: at(0)) == .violation)
  }

  @Test("A queue that is filled and emptied keeps its order")
  func queue() {
    var queue = FIFO<Int>()
    var expected = 0
    for number in 0..<1_000 {
      queue.append(number)
      if number % 3 != 0 {
        #expect(queue.popFirst() == expected)
        expected += 1
      }
    }
    #expect(queue.count == 1_000 - expected && queue.first == expected && queue[1] == expected + 1)
    #expect(queue.removeAll { $0 % 2 == 0 }.allSatisfy { $0 % 2 == 0 })
    #expect(queue.first.map { $0 % 2 } == 1)
    while queue.popFirst() != nil {}
    #expect(queue.isEmpty && queue.first == nil)
  }
}
