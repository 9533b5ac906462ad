import HTTPTypes
import NIOCore
import Testing

@testable import APIService

@Suite struct ConnectionTests {
  private static let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
  private static let post = "POST /a HTTP/1.1\r\nHost: a\r\n"

  // MARK: Order

  @Test("Pipelined requests are answered in order, and what follows them that is none comes last")
  func pipelined() throws {
    let connection = try EmbeddedConnection()
    try connection.send(Self.get + Self.get + "nonsense\r\n\r\n")
    #expect(connection.program.ends == 2)
    connection.answer(.ok, "first")
    #expect(try connection.received().hasSuffix("\r\n\r\nfirst") && !connection.isEnding)
    connection.answer(.ok, "second")
    let rest = try connection.received()
    #expect(rest.hasPrefix("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecondHTTP/1.1 400 "), "\(rest)")
    #expect(connection.isEnding)
  }

  @Test(
    "A request that is the last is answered with Connection: close, and nothing after it is served",
    arguments: [
      "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: a\r\nConnection: foo, CLOSE\r\n\r\n",
      "GET /a HTTP/1.0\r\n\r\n", "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
    ])
  func last(_ request: String) throws {
    let connection = try EmbeddedConnection()
    try connection.send(request + Self.get)
    #expect(connection.program.paths == ["/a"])
    connection.answer()
    #expect(try connection.received().contains("\r\nConnection: close\r\n"))
    #expect(connection.isEnding && !connection.isClosed)
    connection.halfClose()
    #expect(connection.isClosed)
  }

  @Test("A client that closed its half gets all its answers")
  func halfClosed() throws {
    let connection = try EmbeddedConnection()
    try connection.send(Self.get + Self.get)
    connection.halfClose()
    connection.answer()
    #expect(try connection.status() == 200 && !connection.isClosed)
    connection.answer()
    #expect(try connection.status() == 200 && connection.isClosed)
  }

  @Test("A request that is cut off is a 400 for its sender, who may still read")
  func cutOff() throws {
    let head = try EmbeddedConnection()
    try head.send("GET /a HT")
    head.halfClose()
    #expect(try head.status() == 400 && head.isClosed)
    let body = try EmbeddedConnection()
    try body.send(Self.post + "Content-Length: 9\r\n\r\nabc")
    body.halfClose()
    #expect((body.program.errors.first as? Problem)?.code == "malformed_request" && body.program.ends == 0)
    body.answer(.badRequest)
    #expect(try body.received().contains("\r\nConnection: close\r\n") && body.isClosed)
  }

  // MARK: Bodies

  @Test("A body comes whole, in few pieces however small its chunks, and what is malformed fails its request")
  func chunks() throws {
    let connection = try EmbeddedConnection()
    let chunks = String(repeating: "1;x=y\r\na\r\n", count: 5000)
    try connection.send(
      Self.post + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\nTrailer: x\r\n\r\n" + Self.get)
    #expect(connection.program.body == String(repeating: "a", count: 5000))
    #expect(connection.program.bodyPieces == 1 && connection.program.ends == 2)
    connection.answer()
    connection.answer()
    try connection.send(Self.post + "Transfer-Encoding: chunked\r\n\r\n1\r\nb\r\n", "x\r\n")
    #expect(connection.program.errors.map { ($0 as? Problem)?.status.code } == [400])
    connection.answer(.badRequest)
    #expect(try connection.received().contains("\r\nConnection: close\r\n") && connection.isEnding)
  }

  @Test(
    "An answer that does not wait for the body ends the connection, and reaches a client that is still sending"
  )
  func early() throws {
    let connection = try EmbeddedConnection()
    try connection.send(Self.post + "Content-Length: 100000000\r\n\r\nabc")
    connection.answer(.contentTooLarge)
    let answer = try connection.received()
    #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("\r\nConnection: close\r\n"))
    for _ in 0..<25 {
      connection.wait(.seconds(1))
      try connection.send(String(repeating: "x", count: 1000))
      // Not even half: there are clients that would give up over it, and not read the answer.
      #expect(!connection.isEnding)
    }
    #expect(try connection.received() == "")
    #expect(connection.program.body == "abc")
    connection.wait(.seconds(5))
    #expect(connection.isClosed)
  }

  @Test(
    "A client that goes on sending for ever is cut off after half a minute, a silent one after five seconds")
  func linger() throws {
    let busy = try EmbeddedConnection()
    try busy.send(Self.post + "Content-Length: 100000000\r\n\r\n")
    busy.answer(.contentTooLarge)
    for _ in 0..<29 {
      busy.wait(.seconds(1))
      try busy.send("x")
    }
    #expect(!busy.isClosed)
    busy.wait(.seconds(1))
    #expect(busy.isClosed)
    let silent = try EmbeddedConnection()
    try silent.send("GET /a HTTP/1.0\r\n\r\n")
    silent.answer()
    silent.wait(.milliseconds(4900))
    #expect(!silent.isClosed)
    silent.wait(.milliseconds(100))
    #expect(silent.isClosed)
  }

  @Test("The rest of a body that was answered before it came is dropped, and its connection used on")
  func dropped() throws {
    let connection = try EmbeddedConnection()
    try connection.send(Self.post + "Content-Length: 9\r\n\r\nabc")
    connection.answer(.unauthorized)
    #expect(try !connection.received().contains("Connection: close"))
    try connection.send("def")
    try connection.send("ghi" + Self.get)
    connection.answer()
    #expect(try connection.status() == 200 && !connection.isEnding)
    try connection.send(Self.post + "Content-Length: 9\r\n\r\nabc")
    connection.answer(.unauthorized)
    #expect(try connection.status() == 401)
    connection.wait(.milliseconds(9900))
    #expect(!connection.isEnding)
    connection.wait(.milliseconds(100))
    #expect(try connection.received() == "" && connection.isEnding)
  }

  @Test("100 Continue is sent when somebody reads, once, and not to those who did not wait")
  func expectation() throws {
    let head = Self.post + "Expect: 100-Continue\r\nContent-Length: 3\r\n\r\n"
    let connection = try EmbeddedConnection()
    try connection.send(head)
    #expect(try connection.received() == "")
    connection.wantBody()
    connection.wantBody()
    #expect(try connection.received() == "HTTP/1.1 100 Continue\r\n\r\n")
    try connection.send("abc")
    connection.answer()
    #expect(
      try connection.received() == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" && !connection.isEnding)
    try connection.send(head, "abc")
    connection.wantBody()
    connection.answer()
    #expect(try connection.status() == 200 && !connection.isEnding)
    try connection.send(head)
    connection.answer(.unauthorized)
    let refused = try connection.received()
    #expect(refused.hasPrefix("HTTP/1.1 401 ") && refused.contains("\r\nConnection: close\r\n"))
    #expect(connection.isEnding)
  }

  // MARK: Time

  @Test("A connection that asks nothing is closed after a minute, also after it was used")
  func idle() throws {
    let connection = try EmbeddedConnection()
    connection.wait(.milliseconds(59_900))
    try connection.send(Self.get)
    connection.wait(.minutes(10))
    connection.answer()
    connection.wait(.milliseconds(59_900))
    #expect(try connection.status() == 200 && !connection.isEnding)
    connection.wait(.milliseconds(100))
    #expect(try connection.received() == "" && connection.isClosed)
  }

  @Test("A head that is not complete after ten seconds is a 408, however it drips", arguments: [false, true])
  func slowHead(isSecond: Bool) throws {
    let connection = try EmbeddedConnection()
    if isSecond {
      try connection.send(Self.get)
      connection.answer()
      #expect(try connection.status() == 200)
      connection.wait(.seconds(30))
    }
    try connection.send("\r\n", "GET /")
    for _ in 0..<19 {
      connection.wait(.milliseconds(500))
      try connection.send("x")
    }
    #expect(try connection.received() == "" && !connection.isEnding)
    connection.wait(.milliseconds(500))
    let answer = try connection.received()
    #expect(answer.hasPrefix("HTTP/1.1 408 ") && answer.contains(#""code":"request_timeout""#))
    #expect(connection.isEnding)
  }

  @Test(
    "So it is when it came in one piece with the request before, of whatever kind",
    arguments: [
      get, post + "Content-Length: 2\r\n\r\nxy",
      post + "Transfer-Encoding: chunked\r\n\r\n2\r\n\n\n\r\n00;x\r\nTrailer: x\r\n\r\n",
    ])
  func slowHeadBehind(_ request: String) throws {
    let connection = try EmbeddedConnection()
    try connection.send(request + "\r\n" + request + "GET")
    for _ in 0..<2 {
      connection.answer()
      #expect(try connection.status() == 200)
    }
    connection.wait(.milliseconds(9900))
    #expect(!connection.isEnding)
    connection.wait(.milliseconds(100))
    #expect(try connection.received().hasPrefix("HTTP/1.1 408 ") && connection.isEnding)
  }

  @Test("Line ends between requests begin none: an idle connection stays one")
  func blank() throws {
    let connection = try EmbeddedConnection()
    try connection.send("\r\n")
    connection.wait(.seconds(11))
    #expect(try connection.received() == "" && !connection.isEnding)
  }

  @Test("A body that stops for ten seconds, or drips for half a minute, is a 408 for its request")
  func slowBody() throws {
    let stopped = try EmbeddedConnection()
    try stopped.send(Self.post + "Content-Length: 9\r\n\r\n")
    stopped.wait(.milliseconds(9900))
    #expect(stopped.program.errors.isEmpty)
    stopped.wait(.milliseconds(100))
    #expect(stopped.program.errors.map { ($0 as? Problem)?.code } == ["request_timeout"])
    stopped.answer(.requestTimeout)
    #expect(try stopped.received().contains("\r\nConnection: close\r\n") && stopped.isEnding)
    let dripping = try EmbeddedConnection()
    try dripping.send(Self.post + "Transfer-Encoding: chunked\r\n\r\n")
    for _ in 0..<29 {
      dripping.wait(.seconds(1))
      try dripping.send("1\r\nx\r\n")
    }
    #expect(dripping.program.errors.isEmpty)
    dripping.wait(.seconds(1))
    #expect(dripping.program.errors.map { ($0 as? Problem)?.code } == ["request_timeout"])
  }

  @Test("A large body that comes fast enough has the time it needs")
  func largeBody() throws {
    let connection = try EmbeddedConnection()
    let piece = String(repeating: "x", count: 300 << 10)
    try connection.send(Self.post + "Content-Length: \(60 * piece.utf8.count)\r\n\r\n")
    for _ in 0..<60 {
      connection.wait(.seconds(1))
      try connection.send(piece)
    }
    #expect(connection.program.errors.isEmpty && connection.program.ends == 1)
  }

  @Test("While a request waits for its answer no clock runs against what its sender sends next")
  func turns() throws {
    let connection = try EmbeddedConnection()
    try connection.send(Self.get, "GET /b HT")
    connection.wait(.seconds(20))
    #expect(try connection.received() == "" && !connection.isEnding)
    connection.answer()
    #expect(try connection.status() == 200)
    connection.wait(.seconds(9))
    try connection.send("TP/1.1\r\nHost: a\r\n\r\n")
    #expect(connection.program.paths == ["/a", "/b"])
  }

  // MARK: The end

  @Test("When the service shuts down, who asks nothing is closed, and who waits gets the answer first")
  func quiescing() throws {
    let idle = try EmbeddedConnection()
    idle.quiesce()
    #expect(idle.isClosed)
    let beginning = try EmbeddedConnection()
    try beginning.send("GET /a HT")
    beginning.quiesce()
    // In order, or the system would take back what was answered before.
    #expect(beginning.isEnding && !beginning.isClosed)
    let waiting = try EmbeddedConnection()
    try waiting.send(Self.get + Self.get)
    waiting.quiesce()
    try waiting.send(Self.get)
    #expect(!waiting.isEnding && waiting.program.ends == 2)
    waiting.answer()
    #expect(try !waiting.received().contains("Connection: close"))
    waiting.answer()
    #expect(try waiting.received().contains("\r\nConnection: close\r\n") && waiting.isEnding)
    let sending = try EmbeddedConnection()
    try sending.send(Self.post + "Content-Length: 3\r\n\r\na")
    sending.quiesce()
    try sending.send("bc")
    #expect(sending.program.body == "abc" && sending.program.ends == 1)
    sending.answer()
    #expect(try sending.received().contains("\r\nConnection: close\r\n") && sending.isEnding)
  }

  @Test("While it drains each answer asks its client to come back elsewhere")
  func draining() throws {
    let connection = try EmbeddedConnection(isDraining: true)
    try connection.send(Self.get)
    connection.answer()
    #expect(try connection.received().contains("\r\nConnection: close\r\n") && connection.isEnding)
  }
}

@Suite struct ConnectionProgressTests {
  @Test("A client that still takes an answer is not idle, one that takes nothing of it is")
  func slowReader() {
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
    var progress = ConnectionProgress(limits: ConnectionLimits(), now: now)
    for (unsent, isClosed) in [(9000, false), (8000, false), (7999, false), (7999, true), (0, true)] {
      now = now + .seconds(60)
      if case .close = progress.lapse(now: now, unsent: unsent) {
        #expect(isClosed)
      } else {
        #expect(!isClosed)
      }
    }
  }
}

@Suite struct ConnectionClosingTests {
  private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

  @Test("A client that takes nothing of its answer is given up, one that takes it slowly is not")
  func stall() {
    var closing = ConnectionClosing(limits: ConnectionLimits())
    #expect(closing.deadline(now: start, isWritable: true) == nil)
    #expect(closing.deadline(now: start, isWritable: false) == start + .seconds(30))
    #expect(closing.lapse(now: start, pending: 1000) == .none)
    #expect(closing.lapse(now: start, pending: 900) == .none)
    #expect(closing.begin(now: start) == .flush)
    #expect(closing.begin(now: start) == .none)
    #expect(closing.lapse(now: start, pending: 800) == .none)
    #expect(closing.lapse(now: start, pending: 800) == .close)
    #expect(closing.flushed(now: start) == .none)
  }

  @Test("What was answered is flushed before anything is closed, also when the client has closed its half")
  func order() {
    var closing = ConnectionClosing(limits: ConnectionLimits())
    #expect(closing.begin(now: start) == .flush)
    #expect(closing.inputClosed() == .none)
    #expect(closing.flushed(now: start) == .close)
  }
}
