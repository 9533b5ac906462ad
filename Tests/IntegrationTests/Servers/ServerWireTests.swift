import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Three servers, the same manners", .timeLimit(.minutes(10)))
  struct ServerWireTests {
    @Test(
      "Pipelined requests are answered in order by each server, from Redis or not, also after half a close")
    func pipelined() async throws {
      try await Self.each { stage, server in
        let requests = (0..<60).map { number in
          switch number % 5 {
          case 0: stage.request("/nothing/\(number)", number)
          case 3: stage.request("\(stage.path)/messages?limit=1", number)
          default: stage.request(stage.path, number)
          }
        }
        for closesHalf in [false, true] {
          try await RawConnection.open(to: server) { connection in
            try await connection.send(requests.joined())
            if closesHalf { try await connection.finishSending() }
            var offset = 0
            for number in 0..<60 {
              let answer = try await connection.answer(after: &offset)
              #expect(answer.field("X-Request-Id") == "r\(number)")
              #expect(answer.status == (number % 5 == 0 ? 404 : 200))
            }
            if closesHalf { #expect(try await connection.rest().utf8.count == offset) }
          }
        }
      }
    }

    @Test("Requests in pieces of every size are answered the same by each server")
    func pieces() async throws {
      try await Self.each { stage, server in
        let text = stage.request(stage.path, 1) + stage.request("/nothing", 2) + stage.request(stage.path, 3)
        for size in [1, 7, 100, 331] {
          try await RawConnection.open(to: server) { connection in
            var rest = text[...]
            while !rest.isEmpty {
              try await connection.send(String(rest.prefix(size)))
              rest = rest.dropFirst(size)
            }
            var offset = 0
            for status in [200, 404, 200] {
              #expect(try await connection.answer(after: &offset).status == status)
            }
          }
        }
      }
    }

    @Test("A client that asks for much and reads nothing costs no server memory, also after half a close")
    func unwilling() async throws {
      try await Self.each { stage, server in
        let path = "\(stage.path)/messages?limit=100"
        let requests = (0..<300).map { stage.request(path, $0) }
        for closesHalf in [false, true] {
          try await RawConnection.open(to: server) { connection in
            try await connection.pauseReading()
            let before = try stage.residentBytes(server)
            try await connection.send(requests.joined())
            if closesHalf { try await connection.finishSending() }
            // As long as it takes to answer all of it to somebody who reads.
            try await Task.sleep(for: .seconds(3))
            let growth = try stage.residentBytes(server) - before
            #expect(growth < 24 << 20, "\(growth >> 20) MiB, half closed: \(closesHalf)")
            try await connection.resumeReading()
            let all = stage.pageBytes * 300
            #expect(try await eventually(within: .seconds(60)) { connection.receivedCount > all })
            var offset = 0
            for number in 0..<300 {
              #expect(try await connection.answer(after: &offset).field("X-Request-Id") == "r\(number)")
            }
          }
        }
      }
    }

    @Test("Clients that vanish in the middle of anything leave nothing behind in any server")
    func vanishing() async throws {
      try await Self.each { stage, server in
        for number in 0..<120 {
          let connection = try await RawConnection.connect(to: server)
          let requests = [stage.request(stage.path, 1), stage.request("/nothing", 2)].joined()
          try await connection.send(String((requests + requests).prefix(number * 13)))
          if number.isMultiple(of: 3) { try await Task.sleep(for: .milliseconds(1)) }
          try await connection.reset()
        }
        let isClean = try await eventually {
          // The asker's own is open, or those of askers before it are.
          try await Scrape.of(server.program)["freshet_api_connections"].map { $0 < 20 } ?? false
        }
        #expect(isClean)
        try await RawConnection.open(to: server) { connection in
          var offset = 0
          try await connection.send(stage.request(stage.path, 1))
          #expect(try await connection.answer(after: &offset).status == 200)
        }
      }
    }

    /// A warm conversation with large pages, and whoever may read it.
    private struct Stage {
      let path: String
      let token: String
      /// Of its largest page.
      let pageBytes: Int

      func request(_ path: String, _ number: Int) -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\nX-Request-Id: r\(number)\r\n\r\n"
      }

      func residentBytes(_ server: API) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(server.program.process.id)/statm", encoding: .utf8)
        guard let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
          throw IntegrationError("no memory: \(text)")
        }
        return pages * 4096
      }
    }

    private static func each(_ body: (Stage, API) async throws -> Void) async throws {
      try await ServerTrio.run { trio in
        let messages = (0..<100).map { "\($0) \(String(repeating: "x", count: 1500))" }
        let conversation = try await trio.conversation(of: "anna", messages)
        let path = "/conversations/\(conversation.id)"
        for path in [path, "\(path)/messages?limit=1"] { _ = try await trio.warm(path) }
        let page = try await trio.warm("\(path)/messages?limit=100")
        let token = Token.valid(for: "anna", secret: trio.system.jwtSecret)
        for server in trio.servers {
          try await body(Stage(path: path, token: token, pageBytes: page.body.count), server)
        }
      }
    }
  }
}
