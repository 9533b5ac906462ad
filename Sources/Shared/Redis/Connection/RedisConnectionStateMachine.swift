internal import NIOCore

/// Everything a connection decides: who gets which reply, who has waited too long, when to give up. No I/O,
/// no clock.
///
/// Replies carry no name, only their place in line. A call that times out therefore leaves its place behind
/// as a tombstone, whose replies are dropped when they come; a cancelled call stays in place likewise, its
/// owner simply takes no reply any more. `Call` is whatever the I/O side wants handed back.
struct RedisConnectionStateMachine<Call: Equatable> {
  struct Limits: Equatable {
    var maximumCommandsInFlight: Int
    var maximumBytesInFlight: Int
    var unresponsiveTimeout: TimeAmount
    /// See ``RedisClientSettings/placeAllowance``.
    var placeAllowance: TimeAmount
  }

  enum State: Equatable {
    /// The greeting is on the wire; the steps still to be answered.
    case greeting(RedisGreeting, deadline: NIODeadline)
    case ready
    /// Takes nothing new and closes when the line is empty.
    case draining
    case closed
  }

  /// A call's claim on the next so many replies.
  private struct Place {
    /// Nil once the call has been told that its deadline passed.
    var call: Call?
    var remaining: Int
    let bytes: Int
    let writtenAt: NIODeadline
    let timeout: TimeAmount
    let deadline: NIODeadline
    /// The replies of a pipeline so far.
    var gathered: [RedisReply] = []
    let isPipeline: Bool
  }

  private(set) var state: State
  private var line = CircularBuffer<Place>()
  private var commandsInFlight = 0
  private var bytesInFlight = 0
  private var lastHeardAt: NIODeadline
  /// Set while somebody seems overdue: when the server had last been heard then.
  private var doubt: NIODeadline?
  /// When ``deadlineReached(now:)`` is due; one timer serves the whole connection.
  private(set) var timer: NIODeadline?
  private let limits: Limits

  /// The connection is up and the greeting has been written.
  init(greeting: RedisGreeting, deadline: NIODeadline, limits: Limits, now: NIODeadline) {
    state = .greeting(greeting, deadline: deadline)
    timer = deadline
    lastHeardAt = now
    self.limits = limits
  }
}

// MARK: - Sending

extension RedisConnectionStateMachine {
  enum SubmitAction: Equatable {
    /// Write it. A deadline means: the timer must now go off then, which is sooner than before.
    case write(rearm: NIODeadline?)
    case refuse(RedisError)
  }

  /// A call wants to be written; `replies` is the number of its commands.
  ///
  /// Its time is counted from now, and from when the server was last heard: who is served one after the other is not
  /// kept waiting by a server that is away.
  mutating func submit(
    _ call: Call, replies: Int, bytes: Int, limit: RedisTimeLimit, now: NIODeadline
  ) -> SubmitAction {
    if let refusal = refusal(replies: replies, bytes: bytes) { return .refuse(refusal) }
    let place = Place(
      call: call, remaining: replies, bytes: bytes, writtenAt: now, timeout: limit.timeout,
      deadline: min(
        limit.deadline, now + limit.timeout + limits.placeAllowance * line.count),
      isPipeline: replies > 1)
    line.append(place)
    commandsInFlight += replies
    bytesInFlight += bytes
    let due = due(place)
    guard timer.map({ due < $0 }) ?? true else { return .write(rearm: nil) }
    timer = due
    return .write(rearm: due)
  }

  /// When a place counts as overdue, unless something is heard.
  private func due(_ place: Place) -> NIODeadline {
    min(place.deadline, max(place.writtenAt, lastHeardAt) + place.timeout)
  }

  private func refusal(replies: Int, bytes: Int) -> RedisError? {
    switch state {
    case .greeting: return RedisError(.notConnected, "the connection is being set up")
    case .closed: return RedisError(.notConnected, "the connection is closed")
    case .draining: return RedisError(.shutDown, "the connection is being shut down")
    case .ready: break
    }
    if commandsInFlight + replies > limits.maximumCommandsInFlight {
      return RedisError(.tooManyCommands, "\(commandsInFlight) commands are in flight")
    }
    if !line.isEmpty, bytesInFlight + bytes > limits.maximumBytesInFlight {
      return RedisError(.tooManyCommands, "\(bytesInFlight) bytes are in flight")
    }
    return nil
  }
}

// MARK: - Receiving

extension RedisConnectionStateMachine {
  enum ReplyAction: Equatable {
    /// A pipeline's reply is the array of its commands' replies.
    case deliver(Call, RedisReply)
    /// The reply of a tombstone, of a greeting's inner step, or part of a pipeline.
    case none
    /// The greeting is answered; calls may be submitted from now on.
    case becameReady(serverName: String?)
    /// A drained line: close.
    case close
    /// As `deliver`, then close.
    case deliverAndClose(Call, RedisReply)
    /// Close and fail these, oldest first.
    case fail(RedisError, [Call])
  }

  /// Bytes came in, whether or not they complete a reply: the server is alive.
  mutating func bytesReceived(now: NIODeadline) {
    lastHeardAt = now
  }

  /// A whole reply came in.
  mutating func replyReceived(_ reply: RedisReply) -> ReplyAction {
    switch state {
    case .greeting(var greeting, let deadline):
      return greetingReplied(&greeting, deadline: deadline, reply)
    case .ready, .draining:
      guard !line.isEmpty else {
        return .fail(RedisError(.protocolViolation, "a reply nobody asked for"), close())
      }
      return advance(reply)
    case .closed:
      return .none
    }
  }

  private mutating func greetingReplied(
    _ greeting: inout RedisGreeting, deadline: NIODeadline, _ reply: RedisReply
  ) -> ReplyAction {
    switch greeting.replied(reply) {
    case .next:
      state = .greeting(greeting, deadline: deadline)
      return .none
    case .refused(let error):
      return .fail(error, close())
    case .finished(let serverName):
      state = .ready
      timer = nil
      return .becameReady(serverName: serverName)
    }
  }

  private mutating func advance(_ reply: RedisReply) -> ReplyAction {
    let head = line.startIndex
    commandsInFlight -= 1
    line[head].remaining -= 1
    if line[head].isPipeline, line[head].call != nil { line[head].gathered.append(reply) }
    guard line[head].remaining == 0 else { return .none }
    let place = line.removeFirst()
    bytesInFlight -= place.bytes
    let isDrained = state == .draining && line.isEmpty
    if isDrained { state = .closed }
    guard let call = place.call else { return isDrained ? .close : .none }
    let result = place.isPipeline ? RedisReply.array(place.gathered) : reply
    return isDrained ? .deliverAndClose(call, result) : .deliver(call, result)
  }
}

// MARK: - Time

extension RedisConnectionStateMachine {
  enum DeadlineAction: Equatable {
    /// Tell these that they timed out, and set the timer again if there is a date.
    case expire([Call], rearm: NIODeadline?)
    /// Close and fail these, oldest first.
    case fail(RedisError, [Call])
  }

  /// The timer went off.
  mutating func deadlineReached(now: NIODeadline) -> DeadlineAction {
    let due = timer ?? now
    timer = nil
    switch state {
    case .closed:
      return .expire([], rearm: nil)
    case .greeting(_, let deadline):
      guard deadline <= now else { return .expire([], rearm: rearm(deadline)) }
      return .fail(RedisError(.timedOut, "the server did not answer the greeting in time"), close())
    case .ready, .draining:
      if let moment = secondLook(now, due: due) { return .expire([], rearm: rearm(moment)) }
      let patienceEnds = endOfPatience
      if let patienceEnds, patienceEnds <= now {
        return .fail(RedisError(.connectionLost, "the server has stopped answering"), close())
      }
      let expired = expire(now: now)
      return .expire(expired.calls, rearm: rearm([expired.next, endOfPatience].compactMap(\.self).min()))
    }
  }

  /// Who seems overdue may have been answered: our own event loop, not the server, may be late, and what has come not read
  /// yet. So nobody is given up before another look, after as long as this one was late. If anything was heard by
  /// then, it was the loop, and silence begins anew.
  ///
  /// - Returns: nil when it is time to judge.
  private mutating func secondLook(_ now: NIODeadline, due: NIODeadline) -> NIODeadline? {
    if let before = doubt {
      doubt = nil
      if lastHeardAt != before { lastHeardAt = now }
      return nil
    }
    guard line.contains(where: { $0.call != nil && self.due($0) <= now }) else { return nil }
    doubt = lastHeardAt
    return now + min(max(now - due, Self.shortestDoubt), Self.longestDoubt)
  }

  private static var shortestDoubt: TimeAmount { .milliseconds(1) }
  private static var longestDoubt: TimeAmount { .milliseconds(200) }

  /// Turns what is overdue into tombstones; gives the earliest deadline of the rest.
  private mutating func expire(now: NIODeadline) -> (calls: [Call], next: NIODeadline?) {
    var calls: [Call] = []
    var next: NIODeadline?
    for index in line.indices {
      guard let call = line[index].call else { continue }
      let deadline = due(line[index])
      if deadline <= now {
        calls.append(call)
        line[index].call = nil
        line[index].gathered = []
      } else {
        next = min(next ?? deadline, deadline)
      }
    }
    return (calls, next)
  }

  /// When a silent server counts as gone: the reply at the head of the line is overdue, and nothing was heard
  /// since.
  private var endOfPatience: NIODeadline? {
    line.first.map {
      max(min($0.deadline, $0.writtenAt + $0.timeout), lastHeardAt) + limits.unresponsiveTimeout
    }
  }

  private mutating func rearm(_ deadline: NIODeadline?) -> NIODeadline? {
    timer = deadline
    return deadline
  }
}

// MARK: - Ending

extension RedisConnectionStateMachine {
  /// A graceful shutdown: true if nothing is outstanding and the connection can be closed now.
  mutating func drain() -> Bool {
    switch state {
    case .greeting: state = .closed
    case .ready: state = line.isEmpty ? .closed : .draining
    case .draining, .closed: return false
    }
    return state == .closed
  }

  /// The connection is gone, or must go: everybody who still waits, oldest first.
  mutating func close() -> [Call] {
    state = .closed
    let waiting = line.compactMap(\.call)
    line.removeAll()
    commandsInFlight = 0
    bytesInFlight = 0
    timer = nil
    return waiting
  }
}
