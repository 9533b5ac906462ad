import Testing

@testable import Postgres

@Suite("Which connections there are and who gets one")
struct PoolStateMachineTests {
  private typealias Action = PoolStateMachine.Action

  private let start = ContinuousClock.now
  private let away = PostgresError(.notConnected, "refused")

  private func machine(_ connections: Int, pipelined: Int, waiters: Int = 10) -> PoolStateMachine {
    PoolStateMachine(
      limits: .init(
        connections: connections, pipelined: pipelined, waiters: waiters,
        backoff: ReconnectBackoff(first: .milliseconds(100), maximum: .seconds(1))))
  }

  private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }
  private func c(_ number: Int) -> ConnectionID { ConnectionID(number: number) }
  private func w(_ number: Int) -> WaiterID { WaiterID(number: number) }

  @Test("Pipelined connections open at once, exclusive ones on demand, within the limit")
  func opening() {
    var pool = machine(4, pipelined: 2)
    #expect(pool.advance(now: at(0)) == [.open(c(1), .pipelined), .open(c(2), .pipelined)])
    #expect(pool.opened(c(1), now: at(1)) == [.serve(c(1))])
    #expect(pool.opened(c(2), now: at(1)) == [.serve(c(2))])
    #expect(pool.advance(now: at(2)) == [])
    #expect(pool.request(w(1), until: at(99), now: at(2)) == [.open(c(3), .exclusive)])
    #expect(pool.request(w(2), until: at(99), now: at(2)) == [.open(c(4), .exclusive)])
    #expect(pool.request(w(3), until: at(99), now: at(2)) == [])
    #expect(pool.opened(c(4), now: at(3)) == [.lend(c(4), w(1))])
    #expect(pool.opened(c(3), now: at(4)) == [.lend(c(3), w(2))])
    #expect(pool.giveBack(c(4), now: at(5)) == [.lend(c(4), w(3))])
    #expect(pool.giveBack(c(4), now: at(6)) == [])
    #expect(pool.giveBack(c(3), now: at(7)) == [])
    #expect(pool.request(w(4), until: at(99), now: at(8)) == [.lend(c(3), w(4))])
  }

  @Test("Without pipelined connections one exclusive one is the first contact")
  func sharedConnection() {
    var pool = machine(1, pipelined: 0)
    #expect(pool.advance(now: at(0)) == [.open(c(1), .exclusive)])
    #expect(pool.request(w(1), until: nil, now: at(0)) == [])
    #expect(pool.opened(c(1), now: at(1)) == [.lend(c(1), w(1))])
    #expect(pool.lost(c(1), away, now: at(2_000), jitter: 0) == [.open(c(2), .exclusive)])
  }

  @Test("Waiters give up in time, leave when cancelled and are bounded")
  func waiters() {
    var pool = machine(1, pipelined: 0, waiters: 2)
    #expect(pool.request(w(1), until: at(100), now: at(0)) == [.open(c(1), .exclusive)])
    #expect(pool.opened(c(1), now: at(1)) == [.lend(c(1), w(1))])
    #expect(pool.request(w(2), until: at(50), now: at(2)) == [])
    #expect(pool.request(w(3), until: nil, now: at(2)) == [])
    #expect(pool.request(w(4), until: at(90), now: at(2)) == [.refuse(w(4), .overloaded)])
    #expect(pool.nextDeadline == at(50))
    #expect(pool.advance(now: at(49)) == [])
    #expect(pool.advance(now: at(50)) == [.refuse(w(2), .timedOut)])
    #expect(pool.nextDeadline == nil)
    #expect(pool.request(w(5), until: at(99), now: at(60)) == [])
    pool.abandon(w(3))
    #expect(pool.giveBack(c(1), now: at(70)) == [.lend(c(1), w(5))])
  }

  @Test("A server that refuses is probed by one connection at a time; callers are refused at once")
  func outage() {
    var pool = machine(4, pipelined: 2)
    #expect(pool.advance(now: at(0)) == [.open(c(1), .pipelined), .open(c(2), .pipelined)])
    #expect(pool.request(w(1), until: at(9_999), now: at(1)) == [.open(c(3), .exclusive)])
    #expect(pool.openFailed(c(1), away, now: at(2), jitter: 1) == [])
    #expect(pool.openFailed(c(3), away, now: at(2), jitter: 1) == [])
    #expect(pool.outage == nil)
    #expect(
      pool.openFailed(c(2), away, now: at(2), jitter: 1) == [.refuse(w(1), .away(away)), .unreachable(away)])
    #expect(pool.outage == away)
    #expect(pool.request(w(2), until: at(9_999), now: at(3)) == [.refuse(w(2), .away(away))])
    #expect(pool.nextDeadline == at(102))
    #expect(pool.advance(now: at(101)) == [])
    #expect(pool.advance(now: at(102)) == [.open(c(4), .pipelined)])
    #expect(pool.advance(now: at(103)) == [])
    #expect(pool.opened(c(4), now: at(104)) == [.serve(c(4)), .open(c(5), .pipelined)])
    #expect(pool.outage == nil)
    #expect(pool.isReachable)
  }

  @Test("An attempt that fails beside open connections refuses nobody and is made again later")
  func partialOutage() {
    var pool = machine(3, pipelined: 1)
    _ = pool.advance(now: at(0))
    _ = pool.opened(c(1), now: at(1))
    #expect(pool.request(w(1), until: at(9_999), now: at(2)) == [.open(c(2), .exclusive)])
    #expect(pool.openFailed(c(2), away, now: at(3), jitter: 0) == [])
    #expect(pool.nextDeadline == at(13))
    #expect(pool.advance(now: at(12)) == [])
    #expect(pool.advance(now: at(13)) == [.open(c(3), .exclusive)])
    #expect(pool.opened(c(3), now: at(14)) == [.lend(c(3), w(1))])
  }

  @Test("A lost connection is replaced at once, one that never lasts only after a pause")
  func loss() {
    var pool = machine(2, pipelined: 1)
    _ = pool.advance(now: at(0))
    _ = pool.opened(c(1), now: at(0))
    #expect(pool.lost(c(1), away, now: at(5_000), jitter: 0) == [.open(c(2), .pipelined)])
    #expect(!pool.isReachable)
    #expect(pool.opened(c(2), now: at(5_001)) == [.serve(c(2))])
    #expect(pool.lost(c(2), away, now: at(5_002), jitter: 0) == [.unreachable(away)])
    #expect(pool.advance(now: at(5_012)) == [.open(c(3), .pipelined)])
    #expect(pool.opened(c(3), now: at(5_013)) == [.serve(c(3))])
    #expect(pool.lost(c(3), away, now: at(5_014), jitter: 0) == [.unreachable(away)])
    #expect(pool.nextDeadline == at(5_034))
    #expect(pool.lost(c(3), away, now: at(5_015), jitter: 0) == [])
  }

  @Test("An idle connection that is lost is not lent")
  func lostIdle() {
    var pool = machine(2, pipelined: 1)
    _ = pool.advance(now: at(0))
    _ = pool.opened(c(1), now: at(0))
    _ = pool.request(w(1), until: nil, now: at(0))
    _ = pool.opened(c(2), now: at(1))
    #expect(pool.giveBack(c(2), now: at(2)) == [])
    #expect(pool.lost(c(2), away, now: at(3_000), jitter: 0) == [])
    #expect(pool.request(w(2), until: nil, now: at(3_001)) == [.open(c(3), .exclusive)])
  }

  @Test("Shutdown refuses who waits, closes what is idle and what comes back")
  func shutdown() {
    var pool = machine(4, pipelined: 1)
    _ = pool.advance(now: at(0))
    _ = pool.opened(c(1), now: at(0))
    for number in 1...3 { _ = pool.request(w(number), until: nil, now: at(0)) }
    _ = pool.opened(c(2), now: at(1))
    _ = pool.opened(c(3), now: at(1))
    #expect(pool.giveBack(c(2), now: at(2)) == [.lend(c(2), w(3))])
    #expect(pool.giveBack(c(3), now: at(2)) == [])
    #expect(pool.shutDown() == [.close(c(3))])
    #expect(pool.request(w(4), until: nil, now: at(3)) == [.refuse(w(4), .shutDown)])
    #expect(pool.opened(c(4), now: at(3)) == [.close(c(4))])
    #expect(pool.giveBack(c(2), now: at(4)) == [.close(c(2))])
    #expect(pool.lost(c(1), away, now: at(5_000), jitter: 0) == [])
    #expect(pool.advance(now: at(9_000)) == [])
  }

  @Test("Pauses double up to the maximum, jittered down to a tenth")
  func backoff() {
    let backoff = ReconnectBackoff(first: .milliseconds(50), maximum: .seconds(1))
    #expect(backoff.delay(afterFailures: 1, jitter: 1) == .milliseconds(50))
    #expect(backoff.delay(afterFailures: 2, jitter: 1) == .milliseconds(100))
    #expect(backoff.delay(afterFailures: 2, jitter: 0) == .milliseconds(10))
    #expect(backoff.delay(afterFailures: 9, jitter: 1) == .seconds(1))
    #expect(backoff.delay(afterFailures: .max, jitter: 1) == .seconds(1))
  }
}
