import NIOCore
import Testing

@testable import APIService

@Suite struct LoopConnectionTests {
  private static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }
  private static let chunked = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

  // MARK: Order

  @Test("Pipelined requests are served one after the other, in their order")
  func pipelined() throws {
    let rig = try LoopRig()
    rig.router.isPatient = true
    try rig.send(Self.get("/a") + Self.get("/b"), Self.get("/c"))
    #expect(rig.router.paths == ["/a"])
    for expected in [["/a"], ["/b"], ["/c"]] as [[Substring]] {
      rig.router.letGo()
      rig.run()
      #expect(try rig.bodies() == expected)
    }
    #expect(rig.router.paths == ["/a", "/b", "/c"] && !rig.isEnding)
  }

  @Test("A client that closed its half gets all its answers, and then the connection is over")
  func halfClosed() throws {
    let rig = try LoopRig()
    rig.router.isPatient = true
    try rig.send(Self.get("/a") + Self.get("/b"))
    rig.halfClose()
    #expect(!rig.isEnding)
    rig.router.letGo()
    rig.run()
    #expect(try rig.bodies() == ["/a"])
    rig.router.letGo()
    rig.run()
    #expect(try rig.received().contains("\r\nConnection: close\r\n"))
    #expect(rig.isClosed && rig.isOver)
  }

  @Test("What follows requests and is none is answered behind them")
  func nonsense() throws {
    let rig = try LoopRig()
    try rig.send(Self.get("/a") + Self.get("/b") + "nonsense\r\n\r\n")
    let answers = try rig.received().split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
    #expect(answers == ["200", "200", "400"] && rig.isEnding)
  }

  // MARK: Bodies

  @Test(
    "A body is read as it comes: with its head, in pieces, in chunks, or not at all",
    arguments: [
      (["POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd"], "abcd"),
      (["POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n", "ab", "cd"], "abcd"),
      (["POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\na", "bcd"], "abcd"),
      ([chunked, "2\r\nab\r\n", "2\r\ncd\r\n0\r\n\r\n"], "abcd"), ([chunked + "2\r\nab\r\n0\r\n\r\n"], "ab"),
      ([chunked + "0\r\n\r\n"], ""), ([chunked, "0\r\n\r\n"], ""),
      (["POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"], ""),
      (["POST /a HTTP/1.1\r\nHost: a\r\n\r\n"], ""),
    ])
  func bodies(_ pieces: [String], _ body: String) throws {
    let rig = try LoopRig()
    for piece in pieces { try rig.send(piece) }
    try rig.send(Self.get("/b"))
    #expect(rig.router.bodies == [.whole(body)] && rig.router.paths == ["/a", "/b"])
    #expect(try rig.bodies() == ["/a", "/b"])
  }

  @Test(
    "Whoever reads a body that does not come whole is told why",
    arguments: [
      ("xyz\r\n", "malformed_request"), ("2\r\nab\r\nxyz\r\n", "malformed_request"),
      ("", "malformed_request"),
      ("2\r\nab\r\n", "malformed_request"),
    ])
  func cutOff(_ rest: String, _ code: String) throws {
    for isTogether in [true, false] {
      let rig = try LoopRig()
      if isTogether { try rig.send(Self.chunked + rest) } else { try rig.send(Self.chunked, rest) }
      if !rest.hasSuffix("xyz\r\n") { rig.halfClose() }
      #expect(rig.router.bodies == [.failed(code)], "\(isTogether)")
      #expect(try rig.received().hasPrefix("HTTP/1.1 200 ") && rig.isEnding)
    }
  }

  @Test("A body that stops coming fails in time")
  func silent() throws {
    let rig = try LoopRig()
    try rig.send(Self.chunked, "2\r\nab\r\n")
    #expect(rig.router.bodies.isEmpty)
    rig.wait(.seconds(11))
    #expect(rig.router.bodies == [.failed("request_timeout")])
  }

  @Test("A client that vanishes ends the body it was sending, and its request")
  func vanished() throws {
    let rig = try LoopRig()
    try rig.send(Self.chunked, "2\r\nab\r\n")
    rig.vanish()
    guard case .failed = rig.router.bodies.first else {
      Issue.record("\(rig.router.bodies)")
      return
    }
    #expect(rig.isOver)
  }

  @Test("A body that nobody reads is dropped, and the next request is served")
  func unread() throws {
    let rig = try LoopRig()
    try rig.send(
      "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n",
      String(repeating: "x", count: 300_000))
    #expect(rig.wouldRead())
    try rig.send(String(repeating: "x", count: 100_000) + Self.get("/b"))
    #expect(try rig.bodies() == ["/a", "/b"] && !rig.isEnding)
  }

  // MARK: Back pressure

  @Test("With eight requests waiting nothing is read, until one of them is served")
  func manyRequests() throws {
    let rig = try LoopRig()
    rig.router.isPatient = true
    for number in 0..<8 { try rig.send(Self.get("/\(number)")) }
    #expect(rig.wouldRead())
    try rig.send(Self.get("/8"))
    #expect(!rig.wouldRead())
    let reads = rig.reads
    rig.router.letGo()
    rig.run()
    #expect(rig.reads == reads + 1 && rig.wouldRead())
  }

  @Test("With more than 128 KiB of a body waiting nothing is read, until its reader takes some")
  func muchBody() throws {
    let rig = try LoopRig()
    rig.router.isPatient = true
    try rig.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
    try rig.send(String(repeating: "x", count: 128 << 10))
    #expect(rig.wouldRead())
    try rig.send("x")
    #expect(!rig.wouldRead())
    let reads = rig.reads
    rig.router.letGo()
    rig.run()
    #expect(rig.reads == reads + 1 && rig.wouldRead())
    try rig.send(String(repeating: "x", count: 200_000 - (128 << 10) - 1))
    #expect(rig.router.bodies == [.whole(String(repeating: "x", count: 200_000))])
  }

  @Test("A client that does not read is served no further until it does, also after it closed its half")
  func unwilling() throws {
    for closesHalf in [false, true] {
      let rig = try LoopRig()
      rig.takes(false)
      try rig.send(Self.get("/a") + Self.get("/b"))
      if closesHalf { rig.halfClose() }
      #expect(rig.router.paths.isEmpty, "half closed: \(closesHalf)")
      rig.takes(true)
      #expect(try rig.bodies() == ["/a", "/b"])
    }
  }

  // MARK: The end

  @Test("Of a client that vanished nothing more is served")
  func gone() throws {
    let rig = try LoopRig()
    rig.router.isPatient = true
    try rig.send(Self.get("/a") + Self.get("/b") + Self.get("/c"))
    rig.vanish()
    #expect(!rig.isOver)
    rig.router.letGo()
    rig.run()
    rig.router.letGo()
    rig.run()
    #expect(rig.isOver && rig.router.paths == ["/a"])
    #expect(try rig.received() == "")
  }

  @Test("When the service shuts down whoever waits is answered, and the connection ends")
  func quiescing() throws {
    let (idle, used) = (try LoopRig(), try LoopRig())
    used.router.isPatient = true
    try used.send(Self.get("/a"))
    for rig in [idle, used] { rig.quiesce() }
    #expect(idle.isClosed && idle.isOver && !used.isEnding)
    used.router.letGo()
    used.run()
    #expect(try used.received().contains("\r\nConnection: close\r\n"))
    #expect(used.isEnding)
    used.halfClose()
    #expect(used.isOver)
  }

  @Test("An idle connection ends after a minute, one that waits for its answer does not")
  func idle() throws {
    let (idle, busy) = (try LoopRig(), try LoopRig())
    busy.router.isPatient = true
    try busy.send(Self.get("/a"))
    for rig in [idle, busy] { rig.wait(.seconds(61)) }
    #expect(idle.isOver && !busy.isEnding)
  }
}
