import NIOCore
import Testing

@testable import Redis

@Suite("The connection's state machine")
struct RedisConnectionStateMachineTests {
  typealias Machine = RedisConnectionStateMachine<String>

  private func at(_ milliseconds: Int64) -> NIODeadline {
    .uptimeNanoseconds(0) + .milliseconds(milliseconds)
  }

  private func greetingMachine(commands: Int = 5, bytes: Int = 1000) throws -> Machine {
    Machine(
      greeting: RedisGreeting.plan(for: try RedisURL("redis://h"), clientName: "c").greeting,
      deadline: at(2000),
      limits: Machine.Limits(
        maximumCommandsInFlight: commands, maximumBytesInFlight: bytes, unresponsiveTimeout: .seconds(10),
        placeAllowance: .milliseconds(1)),
      now: at(0))
  }

  private func readyMachine(commands: Int = 5, bytes: Int = 1000) throws -> Machine {
    var machine = try greetingMachine(commands: commands, bytes: bytes)
    for _ in 0..<3 { _ = machine.replyReceived(.status("OK")) }
    return machine
  }

  @Test("takes commands once the greeting is answered")
  func greeting() throws {
    var machine = try greetingMachine()
    #expect(machine.timer == at(2000))
    #expect(
      machine.submit("a", replies: 1, bytes: 10, deadline: at(500))
        == .refuse(RedisError(.notConnected, "the connection is being set up")))
    #expect(machine.replyReceived(.status("OK")) == .none)
    #expect(machine.replyReceived(.bulk(ByteBuffer(string: "run_id:r\r\n"))) == .none)
    #expect(
      machine.replyReceived(.bulk(ByteBuffer(string: "master_replid:m\r\n")))
        == .becameReady(serverName: "r|m"))
    #expect(machine.timer == nil)
    #expect(machine.submit("a", replies: 1, bytes: 10, deadline: at(500)) == .write(rearm: at(500)))
  }

  @Test("gives up on a greeting that is refused, or not answered in time")
  func failedGreeting() throws {
    var machine = try greetingMachine()
    let denied = "NOAUTH Authentication required."
    #expect(machine.replyReceived(.error(denied)) == .fail(RedisError(.serverError, denied), []))
    #expect(machine.state == .closed)

    machine = try greetingMachine()
    #expect(machine.judge(now: at(1999)) == .expire([], rearm: at(2000)))
    #expect(
      machine.judge(now: at(2000))
        == .fail(RedisError(.timedOut, "the server did not answer the greeting in time"), []))
  }

  @Test("gives replies to calls in the order they were written")
  func order() throws {
    var machine = try readyMachine()
    #expect(machine.submit("a", replies: 1, bytes: 1, deadline: at(500)) == .write(rearm: at(500)))
    #expect(machine.submit("b", replies: 1, bytes: 1, deadline: at(600)) == .write(rearm: nil))
    #expect(machine.replyReceived(.integer(1)) == .deliver("a", .integer(1)))
    #expect(machine.replyReceived(.error("ERR x")) == .deliver("b", .error("ERR x")))
  }

  @Test("gathers a pipeline's replies, an error among them")
  func pipeline() throws {
    var machine = try readyMachine()
    _ = machine.submit("p", replies: 3, bytes: 1, deadline: at(500))
    _ = machine.submit("a", replies: 1, bytes: 1, deadline: at(500))
    #expect(machine.replyReceived(.integer(1)) == .none)
    #expect(machine.replyReceived(.error("ERR x")) == .none)
    #expect(
      machine.replyReceived(.null) == .deliver("p", .array([.integer(1), .error("ERR x"), .null])))
    #expect(machine.replyReceived(.array([])) == .deliver("a", .array([])))
  }

  @Test("drops the late reply of a call that timed out, and nobody else's")
  func tombstone() throws {
    var machine = try readyMachine()
    _ = machine.submit("a", replies: 1, bytes: 1, deadline: at(100))
    _ = machine.submit("p", replies: 2, bytes: 1, deadline: at(100))
    _ = machine.submit("b", replies: 1, bytes: 1, deadline: at(500))
    #expect(machine.judge(now: at(100)) == .expire(["a", "p"], rearm: at(500)))
    #expect(machine.replyReceived(.integer(1)) == .none)
    #expect(machine.replyReceived(.integer(2)) == .none)
    #expect(machine.replyReceived(.integer(3)) == .none)
    #expect(machine.replyReceived(.integer(4)) == .deliver("b", .integer(4)))
    #expect(machine.state == .ready)
  }

  @Test("drops the rest of a pipeline that timed out half answered")
  func halfAnsweredPipeline() throws {
    var machine = try readyMachine()
    _ = machine.submit("p", replies: 2, bytes: 1, deadline: at(100))
    _ = machine.submit("a", replies: 1, bytes: 1, deadline: at(900))
    #expect(machine.replyReceived(.integer(1)) == .none)
    #expect(machine.judge(now: at(150)) == .expire(["p"], rearm: at(900)))
    #expect(machine.replyReceived(.integer(2)) == .none)
    #expect(machine.replyReceived(.integer(3)) == .deliver("a", .integer(3)))
  }

  @Test("needs one timer: it is moved only for an earlier deadline")
  func timer() throws {
    var machine = try readyMachine()
    #expect(machine.submit("a", replies: 1, bytes: 1, deadline: at(500)) == .write(rearm: at(500)))
    #expect(machine.submit("b", replies: 1, bytes: 1, deadline: at(50)) == .write(rearm: at(50)))
    #expect(machine.submit("c", replies: 1, bytes: 1, deadline: at(70)) == .write(rearm: nil))
    _ = machine.replyReceived(.null)
    _ = machine.replyReceived(.null)
    #expect(machine.judge(now: at(50)) == .expire([], rearm: at(70)))
    _ = machine.replyReceived(.null)
    #expect(machine.judge(now: at(70)) == .expire([], rearm: nil))
    #expect(machine.submit("d", replies: 1, bytes: 1, deadline: at(300)) == .write(rearm: at(300)))
  }

  @Test("does not hold against a server how many it serves before, as long as it is heard")
  func busy() throws {
    var machine = try readyMachine(commands: 1000)
    for call in 0..<100 { _ = machine.submit("\(call)", replies: 1, bytes: 1, deadline: at(50)) }
    machine.bytesReceived(now: at(40))
    // The first has no others before it, and the sixth has five.
    #expect(machine.judge(now: at(50)) == .expire(["0"], rearm: at(51)))
    for _ in 0..<6 { _ = machine.replyReceived(.null) }
    #expect(machine.judge(now: at(55)) == .expire([], rearm: at(56)))
    // Silence is enough, whoever is before.
    guard case .expire(let calls, rearm: _) = machine.judge(now: at(90)) else {
      Issue.record("the connection ended")
      return
    }
    #expect(calls.count == 94)
  }

  @Test("looks again before it gives up: what came may not have been read")
  func secondLook() throws {
    var machine = try readyMachine(commands: 1000)
    for call in 0..<3 { _ = machine.submit("\(call)", replies: 1, bytes: 1, deadline: at(50)) }
    // The loop was busy with others for as long as it takes again.
    #expect(machine.deadlineReached(now: at(90)) == .expire([], rearm: at(130)))
    #expect(machine.submit("3", replies: 1, bytes: 1, deadline: at(500)) == .write(rearm: nil))
    machine.bytesReceived(now: at(95))
    for _ in 0..<3 { _ = machine.replyReceived(.null) }
    // What was read an age ago in the same turn of the loop counts as just heard.
    #expect(machine.deadlineReached(now: at(170)) == .expire([], rearm: at(503)))
    #expect(machine.deadlineReached(now: at(510)) == .expire([], rearm: at(517)))
    #expect(machine.deadlineReached(now: at(517)) == .expire(["3"], rearm: at(10_500)))
  }

  @Test("ends no call later than the request it is for")
  func requestDeadline() throws {
    var machine = try readyMachine()
    let limit = RedisTimeLimit(timeout: .milliseconds(50), deadline: at(20))
    #expect(machine.submit("a", replies: 1, bytes: 1, limit: limit, now: at(0)) == .write(rearm: at(20)))
    #expect(machine.submit("b", replies: 1, bytes: 1, limit: limit, now: at(0)) == .write(rearm: nil))
    machine.bytesReceived(now: at(19))
    #expect(machine.judge(now: at(20)) == .expire(["a", "b"], rearm: at(10_020)))
  }

  @Test("bounds the commands in flight, tombstones included")
  func commandBound() throws {
    var machine = try readyMachine(commands: 3)
    _ = machine.submit("a", replies: 1, bytes: 1, deadline: at(100))
    #expect(
      machine.submit("p", replies: 3, bytes: 1, deadline: at(100))
        == .refuse(RedisError(.tooManyCommands, "1 commands are in flight")))
    _ = machine.submit("p", replies: 2, bytes: 1, deadline: at(100))
    _ = machine.judge(now: at(100))
    #expect(
      machine.submit("b", replies: 1, bytes: 1, deadline: at(200))
        == .refuse(RedisError(.tooManyCommands, "3 commands are in flight")))
    #expect(machine.replyReceived(.null) == .none)
    #expect(machine.submit("b", replies: 1, bytes: 1, deadline: at(200)) != .write(rearm: at(100)))
    #expect(machine.replyReceived(.null) == .none)
    #expect(machine.replyReceived(.null) == .none)
    #expect(machine.replyReceived(.integer(7)) == .deliver("b", .integer(7)))
  }

  @Test("bounds the bytes in flight, but lets a single large command through")
  func byteBound() throws {
    var machine = try readyMachine(bytes: 100)
    #expect(machine.submit("large", replies: 1, bytes: 5000, deadline: at(100)) == .write(rearm: at(100)))
    #expect(
      machine.submit("a", replies: 1, bytes: 1, deadline: at(100))
        == .refuse(RedisError(.tooManyCommands, "5000 bytes are in flight")))
    _ = machine.replyReceived(.null)
    #expect(machine.submit("a", replies: 1, bytes: 60, deadline: at(100)) == .write(rearm: nil))
    #expect(machine.submit("b", replies: 1, bytes: 40, deadline: at(100)) == .write(rearm: nil))
  }

  @Test("fails everybody who still waits, oldest first, when the connection is lost")
  func lost() throws {
    var machine = try readyMachine()
    _ = machine.submit("a", replies: 1, bytes: 1, deadline: at(100))
    _ = machine.submit("b", replies: 1, bytes: 1, deadline: at(500))
    _ = machine.submit("c", replies: 1, bytes: 1, deadline: at(500))
    _ = machine.judge(now: at(100))
    #expect(machine.close() == ["b", "c"])
    #expect(machine.close() == [])
    #expect(machine.replyReceived(.null) == .none)
    #expect(machine.judge(now: at(500)) == .expire([], rearm: nil))
    #expect(
      machine.submit("d", replies: 1, bytes: 1, deadline: at(900))
        == .refuse(RedisError(.notConnected, "the connection is closed")))
  }

  @Test("closes on a reply nobody asked for")
  func unexpectedReply() throws {
    var machine = try readyMachine()
    #expect(
      machine.replyReceived(.integer(1))
        == .fail(RedisError(.protocolViolation, "a reply nobody asked for"), []))
    #expect(machine.state == .closed)
  }

  @Test("replaces a connection whose server has gone silent with a reply overdue")
  func silence() throws {
    var machine = try readyMachine()
    _ = machine.submit("a", replies: 1, bytes: 1, deadline: at(100))
    #expect(machine.judge(now: at(100)) == .expire(["a"], rearm: at(10_100)))
    _ = machine.submit("b", replies: 1, bytes: 1, deadline: at(20_000))
    #expect(
      machine.judge(now: at(10_100))
        == .fail(RedisError(.connectionLost, "the server has stopped answering"), ["b"]))
  }

  @Test("is patient with a server that is slow but alive, and with a command that may take its time")
  func patience() throws {
    var machine = try readyMachine()
    _ = machine.submit("a", replies: 1, bytes: 1, deadline: at(100))
    _ = machine.judge(now: at(100))
    machine.bytesReceived(now: at(9000))
    #expect(machine.judge(now: at(10_100)) == .expire([], rearm: at(19_000)))
    _ = machine.replyReceived(.null)
    _ = machine.submit("blocking", replies: 1, bytes: 1, deadline: at(90_000))
    #expect(machine.judge(now: at(30_000)) == .expire([], rearm: at(90_000)))
  }

  @Test("drains: nothing new, the replies under way, then the end")
  func drain() throws {
    var machine = try readyMachine()
    _ = machine.submit("a", replies: 1, bytes: 1, deadline: at(100))
    _ = machine.submit("b", replies: 1, bytes: 1, deadline: at(100))
    #expect(machine.drain() == false)
    #expect(
      machine.submit("c", replies: 1, bytes: 1, deadline: at(100))
        == .refuse(RedisError(.shutDown, "the connection is being shut down")))
    #expect(machine.replyReceived(.integer(1)) == .deliver("a", .integer(1)))
    #expect(machine.replyReceived(.integer(2)) == .deliverAndClose("b", .integer(2)))
  }

  @Test("drains at once when nothing is under way, and closes after a tombstone's reply")
  func drainWithoutCalls() throws {
    var idle = try readyMachine()
    #expect(idle.drain() == true)
    var greeting = try greetingMachine()
    #expect(greeting.drain() == true)
    var machine = try readyMachine()
    _ = machine.submit("a", replies: 1, bytes: 1, deadline: at(100))
    _ = machine.judge(now: at(100))
    #expect(machine.drain() == false)
    #expect(machine.replyReceived(.null) == .close)
  }
}

extension RedisConnectionStateMachine {
  /// With the second look at once.
  fileprivate mutating func judge(now: NIODeadline) -> DeadlineAction {
    let first = deadlineReached(now: now)
    guard case .expire(let calls, rearm: _) = first, calls.isEmpty else { return first }
    return deadlineReached(now: now)
  }

  /// At the time 0, when nothing was heard later.
  fileprivate mutating func submit(
    _ call: Call, replies: Int, bytes: Int, deadline: NIODeadline
  ) -> SubmitAction {
    let start = NIODeadline.uptimeNanoseconds(0)
    return submit(
      call, replies: replies, bytes: bytes, limit: RedisTimeLimit(timeout: deadline - start), now: start)
  }
}
