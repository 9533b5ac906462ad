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
  private let hang = LoopHeartbeat.Hang.loop(.seconds(30))

  @Test("A hang that lasts three seconds of looking is too long")
  func patience() {
    var patience = HangPatience()
    #expect(!patience.look(at: start, nil))
    #expect(!patience.look(at: start + .seconds(1), hang))
    #expect(!patience.look(at: start + .seconds(2), hang))
    #expect(patience.look(at: start + .seconds(3), hang))
  }

  @Test("A hang that ends meanwhile is forgotten")
  func ends() {
    var patience = HangPatience()
    for second in 0..<3 { #expect(!patience.look(at: start + .seconds(second), hang)) }
    #expect(!patience.look(at: start + .seconds(3), nil))
    for second in 4..<6 { #expect(!patience.look(at: start + .seconds(second), hang)) }
    #expect(patience.look(at: start + .seconds(6), hang))
  }

  @Test("A process that was stopped for a minute is not blamed for it")
  func stopped() {
    var patience = HangPatience()
    #expect(!patience.look(at: start, nil))
    #expect(!patience.look(at: start + .seconds(60), hang))
    #expect(!patience.look(at: start + .seconds(61), hang))
    #expect(!patience.look(at: start + .seconds(62), nil))
  }
}
