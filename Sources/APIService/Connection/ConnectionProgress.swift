import HTTPTypes
import NIOCore

/// Where a connection stands between what its client sends and what it is answered. Without I/O and clock.
struct ConnectionProgress {
  /// A body that is being received.
  struct Body: Equatable {
    var since: NIODeadline
    var last: NIODeadline
    var bytes = 0
    /// Whether its sender waits for `100 Continue`.
    var isAwaited: Bool
    /// How long it will be, where that is known.
    var length: Int?
  }

  private enum Reading: Equatable {
    case nothing(since: NIODeadline)
    case head(since: NIODeadline)
    case body(Body)
    /// What still comes is not looked at.
    case over
  }

  private enum Course {
    case open
    /// The connection ends with the answer to the last request that was passed on.
    case last
    /// The same, and then this is the answer to what followed.
    case refusing(Problem)
    case ended
  }

  /// What a refusal leads to.
  enum Refusal {
    case answer(Problem)
    /// The request that is being received fails: whoever waits for its body is told.
    case failBody(Problem)
    /// It was answered long ago.
    case end
    /// Others are answered first, or nobody waits for it.
    case none
  }

  /// What the end of an answer leads to.
  enum Turn {
    case goOn
    case answer(Problem)
    case finish
  }

  /// What the passing of time, or the end of the service, leads to.
  enum Lapse {
    case none
    /// Nothing is under way.
    case close
    /// What is being received is not answered any more, but what was before it must reach the client.
    case finish
    case refuse(Problem)
  }

  let limits: ConnectionLimits
  private var reading: Reading
  private var course = Course.open
  /// Requests passed on whose answer is not complete.
  private(set) var unanswered = 0
  /// Whether the last request was answered while its body was still being sent.
  private(set) var isCutShort = false
  /// At the last look at an idle connection.
  private var unsent = 0

  init(limits: ConnectionLimits, now: NIODeadline) {
    self.limits = limits
    reading = .nothing(since: now)
  }

  /// Whether bytes are for the decoder.
  var isReading: Bool { reading != .over }

  var isReadingHead: Bool { if case .head = reading { true } else { false } }

  /// The body that is being received.
  var body: Body? { if case .body(let body) = reading { body } else { nil } }

  /// Whether nothing is under way, and more may come.
  var isBetweenRequests: Bool {
    if case .nothing = reading, case .open = course { unanswered == 0 } else { false }
  }

  /// A whole request came for somebody else.
  mutating func used(now: NIODeadline) {
    if isBetweenRequests { reading = .nothing(since: now) }
  }

  /// A whole request came and was answered elsewhere.
  ///
  /// - Returns: whether the connection ends with the answer.
  mutating func answered(isLast: Bool, now: NIODeadline) -> Bool {
    precondition(
      isBetweenRequests, "answered elsewhere while \(unanswered) requests are under way: \(reading)")
    reading = isLast ? .over : .nothing(since: now)
    if isLast { course = .ended }
    return isLast
  }
}

// MARK: - Requests

extension ConnectionProgress {
  /// Bytes that are no mere line ends.
  ///
  /// - Returns: whether a head begins with them.
  mutating func bytesArrived(now: NIODeadline) -> Bool {
    switch reading {
    case .nothing:
      reading = .head(since: now)
      return true
    case .body(var body):
      body.last = now
      reading = .body(body)
      return false
    case .head, .over: return false
    }
  }

  /// - Returns: whether the request is to be passed on.
  mutating func headArrived(_ head: AcceptedHead, now: NIODeadline) -> Bool {
    guard isReading, case .open = course else { return false }
    unanswered += 1
    reading = .body(
      Body(since: now, last: now, isAwaited: head.awaitsContinue, length: head.bodyBytes))
    if head.isLast { course = .last }
    return true
  }

  /// - Returns: whether they are to be passed on.
  mutating func bodyArrived(bytes: Int) -> Bool {
    guard case .body(var body) = reading else { return false }
    body.bytes += bytes
    body.isAwaited = false
    reading = .body(body)
    return true
  }

  /// - Returns: whether it is to be passed on.
  mutating func endArrived(now: NIODeadline) -> Bool {
    guard case .body = reading else { return false }
    if case .open = course { reading = .nothing(since: now) } else { reading = .over }
    return true
  }

  /// Somebody wants the body of the request that is being received.
  ///
  /// - Returns: whether its sender is to be told.
  mutating func bodyIsWanted() -> Bool {
    guard case .body(var body) = reading, body.isAwaited, unanswered == 1 else { return false }
    body.isAwaited = false
    reading = .body(body)
    return true
  }

  /// What came is no request that can be served.
  mutating func refuse(_ problem: Problem) -> Refusal {
    guard isReading else { return .none }
    if case .body = reading {
      (reading, course) = (.over, unanswered == 0 ? .ended : .last)
      return unanswered == 0 ? .end : .failBody(problem)
    }
    reading = .over
    guard case .open = course else { return .none }
    course = unanswered == 0 ? .ended : .refusing(problem)
    return unanswered == 0 ? .answer(problem) : .none
  }

  /// The client has closed its half.
  ///
  /// - Returns: whether it waits for nothing.
  mutating func inputClosed() -> Bool {
    reading = .over
    guard case .open = course else { return false }
    course = unanswered == 0 ? .ended : .last
    return unanswered == 0
  }

  /// The service is shutting down.
  mutating func quiesce() -> Lapse {
    guard case .open = course else { return .none }
    course = .last
    if case .body = reading, unanswered > 0 { return .none }
    let isIdle = !isReadingHead
    reading = .over
    guard unanswered == 0 else { return .none }
    course = .ended
    return isIdle ? .close : .finish
  }
}

// MARK: - Answers

extension ConnectionProgress {
  /// The head of an answer is about to be sent.
  ///
  /// - Parameter isDraining: whether the client is to come back by another connection.
  /// - Returns: whether the answer says that the connection ends. So it does when the request has not come whole, and
  ///   what is left is too much to be waited for.
  mutating func answerBegins(isDraining: Bool) -> Bool {
    guard unanswered == 1 else { return false }
    let rest = body
    if case .open = course, isDraining || rest?.isDroppable(limits) == false { course = .last }
    guard case .last = course else { return false }
    isCutShort = rest?.isAwaited == false
    reading = .over
    return true
  }

  /// An answer is complete. Whatever is being received gets its time from now on.
  mutating func answerEnded(now: NIODeadline) -> Turn {
    guard unanswered > 0 else { return .goOn }
    unanswered -= 1
    restart(now)
    guard unanswered == 0 else { return .goOn }
    switch course {
    case .open, .ended: return .goOn
    case .last:
      course = .ended
      return .finish
    case .refusing(let problem):
      course = .ended
      return .answer(problem)
    }
  }

  private mutating func restart(_ now: NIODeadline) {
    switch reading {
    case .nothing: reading = .nothing(since: now)
    case .head: reading = .head(since: now)
    case .body(var body):
      (body.since, body.last) = (now, now)
      reading = .body(body)
    case .over: break
    }
  }
}

// MARK: - Time

extension ConnectionProgress {
  /// When ``lapse(now:)`` is due. Nil while it is we who are being waited for.
  var deadline: NIODeadline? {
    switch reading {
    case .nothing(let since): unanswered == 0 ? since + limits.idle : nil
    case .head(let since): unanswered == 0 ? since + limits.head : nil
    case .body(let body):
      unanswered <= 1
        ? min(
          body.last + limits.bodySilence, limits.bodyEnd(since: body.since, received: body.bytes))
        : nil
    case .over: nil
    }
  }

  /// - Parameter unsent: bytes of answers that the system has not taken: who takes some of them is not idle.
  mutating func lapse(now: NIODeadline, unsent: Int) -> Lapse {
    guard let deadline, deadline <= now else { return .none }
    switch reading {
    case .nothing where unsent > 0 && unsent != self.unsent:
      self.unsent = unsent
      reading = .nothing(since: now)
      return .none
    case .nothing, .over: return .close
    case .head: return .refuse(.timeout("the head of the request did not arrive in time"))
    case .body: return .refuse(.timeout("the body did not arrive in time"))
    }
  }
}

extension ConnectionProgress.Body {
  /// Whether the rest of it can be read for nobody.
  fileprivate func isDroppable(_ limits: ConnectionLimits) -> Bool {
    guard let length, !isAwaited else { return false }
    return length - bytes <= limits.droppedBytes
  }
}

extension Problem {
  fileprivate static func timeout(_ detail: String) -> Problem {
    Problem(status: .requestTimeout, code: "request_timeout", detail: detail)
  }
}
