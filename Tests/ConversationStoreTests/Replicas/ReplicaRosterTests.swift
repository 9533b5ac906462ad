import Testing

@testable import ConversationStore

@Suite struct ReplicaRosterTests {
  private let start = ContinuousClock.now

  @Test("Replicas that have replayed enough take turns")
  func turns() {
    var roster = ReplicaRoster(count: 3)
    for index in 0..<3 { roster.replied(index, lsn: 100, at: start) }
    #expect((0..<6).map { _ in roster.next(atLeast: 100, at: start) } == [1, 2, 0, 1, 2, 0])
  }

  @Test("One that lags is passed over until it has caught up")
  func lag() {
    var roster = ReplicaRoster(count: 2)
    roster.replied(0, lsn: 99, at: start)
    roster.replied(1, lsn: 100, at: start)
    #expect((0..<3).map { _ in roster.next(atLeast: 100, at: start) } == [1, 1, 1])
    #expect(roster.next(atLeast: 99, at: start) == 0)
    roster.replied(0, lsn: 100, at: start)
    #expect(roster.next(atLeast: 100, at: start) == 1)
    #expect(roster.next(atLeast: 100, at: start) == 0)
    #expect(roster.next(atLeast: 101, at: start) == nil)
  }

  @Test("One that nobody has heard of is not asked, nor one that failed, until it replies")
  func failure() {
    var roster = ReplicaRoster(count: 1)
    #expect(roster.next(atLeast: 0, at: start) == nil)
    roster.replied(0, lsn: 5, at: start)
    #expect(roster.next(atLeast: 5, at: start) == 0)
    roster.failed(0)
    #expect(roster.next(atLeast: 5, at: start) == nil)
    roster.replied(0, lsn: 5, at: start)
    #expect(roster.next(atLeast: 5, at: start) == 0)
  }

  @Test("One that has been silent for two seconds is left out")
  func silence() {
    var roster = ReplicaRoster(count: 1)
    roster.replied(0, lsn: 5, at: start)
    #expect(roster.next(atLeast: 5, at: start + .seconds(2)) == 0)
    #expect(roster.next(atLeast: 5, at: start + .milliseconds(2001)) == nil)
  }

  @Test("One that was made anew may have replayed less than before")
  func remade() {
    var roster = ReplicaRoster(count: 1)
    roster.replied(0, lsn: 100, at: start)
    roster.replied(0, lsn: 10, at: start)
    #expect(roster.next(atLeast: 11, at: start) == nil)
  }

  @Test("Without replicas it is always the primary")
  func none() {
    var roster = ReplicaRoster(count: 0)
    #expect(roster.next(atLeast: 0, at: start) == nil)
  }
}
