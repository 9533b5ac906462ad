import Testing

@testable import WebhookWorker

@Suite struct LoopHeartbeatTests {
  private let start = ContinuousClock.now

  @Test("A loop that turns is well, one that completed no turn for 30 s hangs, until it turns again")
  func loop() {
    let heartbeat = LoopHeartbeat(at: start)
    #expect(heartbeat.hang(at: start + .seconds(29.9)) == nil)
    #expect(heartbeat.hang(at: start + .seconds(30)) == .loop(.seconds(30)))
    heartbeat.turnCompleted(at: start + .seconds(31))
    #expect(heartbeat.hang(at: start + .seconds(60)) == nil)
  }

  @Test("A batch that is there for 30 s hangs, however well the loop and the others do")
  func batch() {
    let heartbeat = LoopHeartbeat(at: start)
    let first = heartbeat.batchStarted(at: start)
    let second = heartbeat.batchStarted(at: start + .seconds(10))
    heartbeat.turnCompleted(at: start + .seconds(29))
    #expect(heartbeat.batchesInFlight == 2)
    #expect(heartbeat.hang(at: start + .seconds(30)) == .batch(.seconds(30)))
    heartbeat.batchEnded(first)
    #expect(heartbeat.hang(at: start + .seconds(30)) == nil)
    #expect(heartbeat.hang(at: start + .seconds(40)) == .batch(.seconds(30)))
    heartbeat.batchEnded(second)
    #expect(heartbeat.hang(at: start + .seconds(40)) == nil)
  }
}

@Suite struct HangPatienceTests {
  private let start = ContinuousClock.now

  @Test("A hang that lasts three seconds of looking is too long")
  func patience() {
    #expect(verdicts([(0, false), (1, true), (2, true), (3, true)]) == [false, false, false, true])
  }

  @Test("A hang that ends meanwhile is forgotten")
  func ends() {
    let looks = [(1, true), (2, true), (3, false), (4, true), (5, true), (6, true)]
    #expect(verdicts(looks) == [false, false, false, false, false, true])
  }

  @Test("A process that was stopped for a minute is not blamed for it")
  func stopped() {
    #expect(verdicts([(0, false), (60, true), (61, true), (62, false)]) == [false, false, false, false])
  }

  /// What is said to looks at these seconds, at which there is a hang or not.
  private func verdicts(_ looks: [(second: Int, hangs: Bool)]) -> [Bool] {
    var patience = HangPatience()
    return looks.map { look in
      patience.look(at: start + .seconds(look.second), look.hangs ? .loop(.seconds(30)) : nil)
    }
  }
}
