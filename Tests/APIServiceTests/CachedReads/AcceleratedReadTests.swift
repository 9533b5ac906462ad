import Cache
import ConversationStore
import NIOCore
import RateLimit
import Redis
import Testing

@testable import APIService

@Suite struct AcceleratedReadTests {
  private let lookups = StubLookups()

  private func rig(isDraining: Bool = false) throws -> LoopRig {
    try LoopRig(isDraining: { isDraining }, cachedReads: { try lookups.parts($0) })
  }

  /// A plain read, and a request for the router.
  private static func read(_ id: String, _ fields: String = "") -> String {
    "GET /conversations/0195c0de-0000-7000-8000-00000000abcd HTTP/1.1\r\nHost: a\r\nX-Request-Id: \(id)\r\n\(fields)\r\n"
  }
  private static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n" }
  private static let path: Substring = "/conversations/0195c0de-0000-7000-8000-00000000abcd"

  // MARK: Hits

  @Test("What Redis has is answered, counted, and never seen by the router")
  func hit() throws {
    let rig = try rig()
    try rig.send(Self.read("r1"))
    #expect(try lookups.reads.map(\.requestID) == ["r1"] && rig.received() == "")
    lookups.find()
    let answer = try rig.received()
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\nr1"), "\(answer)")
    #expect(answer.contains("\r\nX-Request-Id: r1\r\n") && !answer.contains("Connection: close"))
    #expect(rig.router.paths.isEmpty && rig.counted(200) == 1 && !rig.isEnding)
  }

  @Test("Who has it gets a 304 without a body")
  func known() throws {
    let rig = try rig()
    try rig.send(Self.read("r1", "If-None-Match: *\r\n"))
    lookups.find()
    let answer = try rig.received()
    #expect(answer.hasPrefix("HTTP/1.1 304 Not Modified\r\n") && answer.hasSuffix("\r\n\r\n"), "\(answer)")
    #expect(rig.counted(304) == 1)
  }

  @Test("Pipelined reads are looked up one after the other and answered in their order")
  func pipelined() throws {
    let rig = try rig()
    try rig.send(Self.read("r1") + Self.read("r2"), Self.read("r3"))
    for number in 1...3 {
      #expect(lookups.reads.count == number)
      lookups.find()
      #expect(try rig.bodies() == ["r\(number)"])
    }
    #expect(!lookups.isAsked && !rig.isEnding)
  }

  @Test("Reads and requests for the router are answered in their order, however they are mixed")
  func mixed() throws {
    let rig = try rig()
    lookups.isQuick = true
    try rig.send(Self.read("r1") + Self.get("/a") + Self.read("r2") + Self.get("/b"))
    // The router had one before it.
    #expect(try rig.bodies() == ["r1", "/a", Self.path, "/b"])
    try rig.send(Self.get("/c"), Self.read("r3"), Self.get("/d") + Self.read("r4"), Self.read("r5"))
    #expect(try rig.bodies() == ["/c", "r3", "/d", Self.path, "r5"])
  }

  @Test("Hundreds of reads that come together are each answered once")
  func crowd() throws {
    let rig = try rig()
    lookups.isQuick = true
    try rig.send((0..<500).map { Self.read("r\($0)") }.joined())
    #expect(try rig.bodies() == (0..<500).map { "r\($0)" })
    #expect(rig.counted(200) == 500)
  }

  @Test("A read whose head comes in two pieces is the router's, and the next one is not")
  func split() throws {
    let rig = try rig()
    lookups.isQuick = true
    let text = Self.read("r1")
    try rig.send(String(text.prefix(60)), String(text.dropFirst(60)), Self.read("r2"))
    #expect(try rig.bodies() == [Self.path, "r2"])
  }

  @Test(
    "What looks like a read within another request is a part of that one, however the bytes are cut",
    arguments: ["GET /b HTTP/1.1\r\nHost: a\r\nX: ", "GET /b HTTP/1.1\r\nHost: a\r\n\r", "GET "])
  func within(_ beginning: String) throws {
    let rig = try rig()
    lookups.isQuick = true
    try rig.send(Self.get("/a") + beginning, Self.read("r1"))
    let answers = try rig.received().split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
    #expect(answers == ["200", "400"] && lookups.reads.isEmpty)
  }

  @Test("Behind a body they are looked up like others")
  func behindBody() throws {
    let rig = try rig()
    lookups.isQuick = true
    try rig.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy", Self.read("r1"))
    #expect(try rig.bodies() == ["/a", "r1"])
  }

  @Test("While the router is at work, reads go to it as well")
  func busyRouter() throws {
    let rig = try rig()
    rig.router.isPatient = true
    try rig.send(Self.get("/a"), Self.read("r1"))
    #expect(lookups.reads.isEmpty)
    for _ in 0..<2 {
      rig.router.letGo()
      rig.run()
    }
    #expect(try rig.bodies() == ["/a", Self.path])
  }

  // MARK: What is passed on

  @Test("What is no hit is loaded, on the terms after the look, and answered; the router never sees it")
  func loaded() throws {
    for conclude in [
      { $0.miss() }, { $0.find(isDueForRefresh: true) }, { $0.fail() },
    ]
      as [(StubLookups) -> Void]
    {
      let (rig, before) = (try rig(), lookups.loads.count)
      lookups.load = { .loaded($0) }
      try rig.send(Self.read("r1") + Self.get("/b"))
      conclude(lookups)
      rig.run()
      #expect(try rig.bodies() == ["r1", "/b"] && rig.router.prepared.map { $0 == nil } == [true])
      let load = try #require(lookups.loads.dropFirst(before).first)
      #expect(load.terms.gate as? RateTicket === load.read.ticket && load.read.ticket != nil)
      #expect(lookups.loads.count == before + 1 && rig.counted(200) == 1)
    }
    #expect(lookups.loads.map { $0.terms.look != nil } == [true, true, false])
  }

  @Test("When Redis is not to be asked, reads are loaded one after the other")
  func away() throws {
    let rig = try rig()
    lookups.isAway = true
    lookups.load = { .loaded($0) }
    try rig.send(Self.read("r1") + Self.read("r2"))
    #expect(try rig.bodies() == ["r1", "r2"])
    #expect(lookups.loads.allSatisfy { $0.terms.look == nil } && rig.router.paths.isEmpty)
  }

  @Test("What is no plain answer is passed on once, with what it came to; no later request gets that")
  func passedOn() throws {
    for load in [
      { _ in throw WriteRefusal.notFound }, { .loaded($0, owner: "else") }, { .loaded($0, status: 404) },
    ]
      as [(CachedRead) throws -> CacheAnswer]
    {
      let (rig, before) = (try rig(), lookups.reads.count)
      lookups.load = load
      try rig.send(Self.read("r1") + Self.get("/b"))
      lookups.miss()
      rig.run()
      #expect(try rig.bodies() == [Self.path, "/b"])
      let prepared = rig.router.prepared
      #expect(prepared.count == 2 && prepared[1] == nil)
      #expect(prepared[0]?.ticket === lookups.reads[before].ticket && prepared[0]?.ticket != nil)
      let expected = Result { try load(lookups.reads[before]) }
      switch (prepared[0]?.outcome, expected) {
      case (.success(let answer), .success(let other)): #expect(answer.value == other.value)
      case (.failure(let error), .failure): #expect(error as? WriteRefusal == .notFound)
      default: Issue.record("\(String(describing: prepared[0]?.outcome))")
      }
    }
  }

  @Test("Nobody is loaded for whom the limit has turned away")
  func refused() throws {
    let rig = try rig()
    try rig.send(Self.read("r1"))
    let ticket = try #require(lookups.reads[0].ticket)
    #expect(throws: RateLimitError.self) {
      try ticket.judge(.array([.integer(0), .integer(0), .integer(9000)]))
    }
    lookups.fail()
    rig.run()
    #expect(lookups.loads.isEmpty && rig.router.prepared.first??.ticket === ticket)
    #expect(throws: RateLimitError.self) { try rig.router.prepared[0]?.outcome.get() }
  }

  @Test("For a client that does not take its answers nothing is looked up")
  func unwilling() throws {
    let rig = try rig()
    rig.takes(false)
    try rig.send(Self.read("r1"))
    #expect(lookups.reads.isEmpty && rig.router.paths.isEmpty)
    rig.takes(true)
    #expect(try rig.bodies() == [Self.path])
  }

  // MARK: What comes meanwhile

  @Test("Bytes that come during a lookup wait for it, whatever they are")
  func bytes() throws {
    let rig = try rig()
    try rig.send(Self.read("r1"), "POST /b HTTP/1.1\r\nHost: a\r\nContent-Le", "ngth: 2\r\n\r\nx", "y")
    #expect(rig.router.paths.isEmpty)
    lookups.find()
    rig.run()
    #expect(try rig.bodies() == ["r1", "/b"] && rig.router.bodies == [.whole("xy")])
  }

  @Test("Nothing more is read than what came once during a lookup, and then again")
  func heldReads() throws {
    let rig = try rig()
    try rig.send(Self.read("r1"))
    #expect(rig.wouldRead())
    try rig.send(Self.read("r2"))
    #expect(!rig.wouldRead())
    let reads = rig.reads
    lookups.find()
    #expect(rig.reads == reads + 1)
    lookups.find()
    #expect(try rig.bodies() == ["r1", "r2"] && rig.wouldRead())
  }

  @Test("A client that closes its half during a lookup gets its answer, with goodbye, and nothing is open")
  func halfClosed() throws {
    for isHit in [true, false] {
      let rig = try rig()
      try rig.send(Self.read("r1"))
      rig.halfClose()
      #expect(!rig.isEnding)
      if isHit { lookups.find() } else { lookups.miss() }
      rig.run()
      let answer = try rig.received()
      #expect(
        answer.hasSuffix(isHit ? "r1" : String(Self.path)) && answer.contains("Connection: close"),
        "\(answer)")
      #expect(rig.isClosed && rig.isOver)
    }
  }

  @Test("A client that sent more before it closed its half gets all its answers")
  func pipelinedAndHalfClosed() throws {
    for follower in [Self.read("r2"), Self.get("/b")] {
      let rig = try rig()
      try rig.send(Self.read("r1") + follower)
      rig.halfClose()
      lookups.find()
      lookups.find()
      rig.run()
      #expect(try rig.bodies() == ["r1", follower == Self.get("/b") ? "/b" : "r2"])
      #expect(rig.isClosed && rig.isOver)
    }
  }

  @Test("What was cut off when the client closed its half is refused behind the answer")
  func cutOff() throws {
    let rig = try rig()
    try rig.send(Self.read("r1") + "GET /b HT")
    rig.halfClose()
    lookups.find()
    rig.run()
    let answers = try rig.received().split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
    #expect(answers == ["200", "400"])
  }

  @Test("When the service shuts down during a lookup, its answer is the last")
  func quiescing() throws {
    let rig = try rig()
    try rig.send(Self.read("r1"))
    rig.quiesce()
    #expect(!rig.isEnding)
    lookups.find()
    #expect(try rig.received().contains("\r\nConnection: close\r\n") && rig.isEnding)
    try rig.send(Self.read("r2"))
    #expect(try rig.received() == "" && !lookups.isAsked)
    rig.halfClose()
    #expect(rig.isOver)
  }

  @Test("While the service drains an answer says goodbye, unless more was asked before it")
  func draining() throws {
    let rig = try rig(isDraining: true)
    try rig.send(Self.read("r1") + Self.read("r2"))
    lookups.find()
    #expect(try !rig.received().contains("Connection: close") && !rig.isEnding)
    lookups.find()
    #expect(try rig.received().contains("\r\nConnection: close\r\n") && rig.isEnding)
  }

  @Test("A client that vanishes during a load ends it, is written nothing, and counted as gone")
  func vanishedDuringLoad() throws {
    let rig = try rig()
    (lookups.isAway, lookups.isPatient) = (true, true)
    lookups.load = { .loaded($0) }
    try rig.send(Self.read("r1") + Self.read("r2"))
    rig.vanish()
    #expect(!lookups.loads.isEmpty && lookups.cancelled == 0)
    lookups.letGo()
    rig.run()
    #expect(lookups.cancelled == 1 && lookups.loads.count == 1)
    #expect(try rig.received() == "" && rig.counted(499) == 1 && rig.router.paths.isEmpty)
  }

  @Test("Bytes that come during a load wait for it, and a client that closes its half gets all its answers")
  func heldDuringLoad() throws {
    let rig = try rig()
    (lookups.isAway, lookups.isPatient) = (true, true)
    lookups.load = { .loaded($0) }
    try rig.send(Self.read("r1"), Self.get("/b"))
    rig.halfClose()
    #expect(rig.router.paths.isEmpty && !rig.isEnding)
    lookups.letGo()
    rig.run()
    #expect(try rig.bodies() == ["r1", "/b"] && rig.isClosed && rig.isOver)
  }

  @Test("A client that vanishes during a lookup is written nothing, and counted as gone")
  func vanished() throws {
    for isHit in [true, false] {
      let rig = try rig()
      try rig.send(Self.read("r1") + Self.read("r2"))
      rig.vanish()
      #expect(rig.isOver)
      if isHit { lookups.find() } else { lookups.miss() }
      rig.run()
      #expect(try rig.received() == "" && rig.counted(499) == 1 && rig.counted(200) == 0)
      #expect(rig.router.paths.isEmpty && !lookups.isAsked)
    }
  }

  // MARK: Time

  @Test("A connection on which something is being looked up is not idle")
  func idle() throws {
    let rig = try rig()
    rig.wait(.milliseconds(59_990))
    try rig.send(Self.read("r1"))
    rig.wait(.milliseconds(20))
    #expect(!rig.isEnding)
    lookups.find()
    #expect(try rig.bodies() == ["r1"])
    rig.wait(.milliseconds(59_980))
    #expect(!rig.isEnding)
    rig.wait(.seconds(1))
    #expect(rig.isOver)
  }
}
