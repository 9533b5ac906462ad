import AsyncHTTPClient
import Foundation
import NIOCore
import TestSupport
import Testing

extension Integration {
  @Suite("POST /conversations")
  struct CreationTests {
    @Test("A user gets a pending conversation of its own, with every member in the contract's order")
    func created() async throws {
      let api = try await SharedSystem.api()
      let user = Name.user()
      let answer = try await api.client(user).post(
        "/conversations", ["title": "Ferry", "metadata": ["b": 1, "a": ["x": NSNull()]]])
      #expect(answer.status == 201)
      let body: ConversationBody = try answer.decoded()
      #expect(body.id.wholeMatch(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil)
      #expect(answer.field("Location") == "/conversations/\(body.id)")
      #expect(answer.field("Content-Type") == "application/json")
      #expect((body.userId, body.title, body.status) == (user, "Ferry", "pending"))
      #expect(body.createdAt.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
      let metadata = try #require(try answer.object()["metadata"] as? [String: Any])
      #expect(NSDictionary(dictionary: metadata) == NSDictionary(dictionary: ["b": 1, "a": ["x": NSNull()]]))
      let names = [
        "id", "userId", "externalId", "title", "status", "transcriptReceived", "metadata", "shutdownReason",
        "recordingUrl", "startedAt", "endedAt", "createdAt", "updatedAt",
      ]
      #expect(Set(try answer.object().keys) == Set(names))
      let places = names.compactMap { answer.text.range(of: "\"\($0)\":")?.lowerBound }
      #expect(places == places.sorted())
      #expect(try await api.client(user).get("/conversations/\(body.id)").body == answer.body)
    }

    @Test(
      "Only service and admin say whose it is and which call it belongs to; for users the fields are forbidden"
    )
    func roles() async throws {
      let api = try await SharedSystem.api()
      let (owner, externalID) = (Name.user(), Name.externalID())
      let user = api.client(Name.user())
      expectProblem(
        try await user.post("/conversations", ["externalId": externalID]), 403, code: "forbidden_field")
      expectProblem(try await user.post("/conversations", ["userId": owner]), 403, code: "forbidden_field")
      for (role, externalID) in [("service", externalID), ("admin", Name.externalID())] {
        let answer = try await api.client("x", role: role).post(
          "/conversations", ["externalId": externalID, "userId": owner])
        let body: ConversationBody = try answer.decoded()
        #expect((answer.status, body.userId, body.externalId) == (201, owner, externalID))
      }
    }

    @Test("Without userId a service makes an unowned one, which users do not see")
    func unowned() async throws {
      let api = try await SharedSystem.api()
      let body: ConversationBody = try await api.service.post("/conversations", [:]).decoded()
      #expect(body.userId == nil)
      #expect(try await api.service.get("/conversations/\(body.id)").status == 200)
      #expect(try await api.client("u", role: "admin").get("/conversations/\(body.id)").status == 200)
      expectProblem(try await api.client("backend").get("/conversations/\(body.id)"), 404)
    }

    @Test("An external id that is taken is a conflict")
    func taken() async throws {
      let api = try await SharedSystem.api()
      let externalID = Name.externalID()
      _ = try await api.register(externalID, owner: Name.user())
      let again = try await api.service.post(
        "/conversations", ["externalId": externalID, "userId": Name.user()])
      expectProblem(again, 409)
    }

    @Test(
      "What the contract does not allow is a 422 that points at it",
      arguments: [
        (#"{"unknown":1}"#, ["/unknown"]), (#"{"status":"ended"}"#, ["/status"]),
        (#"{"title":7}"#, ["/title"]),
        (#"{"metadata":[]}"#, ["/metadata"]), (#"{"a/b":1,"title":{}}"#, ["/a~1b", "/title"]),
        (#"{"metadata":{"perceptionAnalysis":{}}}"#, ["/metadata/perceptionAnalysis"]),
        (#"{"title":"\#(String(repeating: "é", count: 1001))"}"#, ["/title"]),
        (#"{"metadata":{"a":"\#(String(repeating: "x", count: 65_536))"}}"#, ["/metadata"]),
        (#"{"metadata":\#(nested(33))}"#, ["/metadata"]), ("[]", []), ("null", []), (#""text""#, []),
      ])
    func invalid(_ body: String, _ pointers: [String]) async throws {
      let answer = try await post(Data(body.utf8))
      expectProblem(answer, 422, comment: "\(body.prefix(80))")
      #expect(Set(try faults(answer).keys) == Set(pointers))
    }

    @Test(
      "What is just within the limits is taken",
      arguments: [
        #"{"title":"\#(String(repeating: "é", count: 1000))"}"#,
        #"{"metadata":{"a":"\#(String(repeating: "x", count: 65_000))"}}"#, #"{"metadata":\#(nested(32))}"#,
        #"{"title":null,"metadata":null,"externalId":null,"userId":null}"#, "\u{FEFF}{}",
      ])
    func valid(_ body: String) async throws {
      let answer = try await post(Data(body.utf8))
      #expect(answer.status == 201, "\(answer)")
    }

    @Test(
      "What is no JSON is a 400",
      arguments: ["", "{", "{} {}", #"{"title":"a"#, "{'a':1}", #"{"title":NaN}"#])
    func malformed(_ body: String) async throws {
      expectProblem(try await post(Data(body.utf8)), 400)
    }

    @Test("What is no UTF-8 is a 400")
    func notUTF8() async throws {
      expectProblem(try await post(Data(#"{"title":""#.utf8) + [0xFF, 0xFE] + Data(#""}"#.utf8)), 400)
    }

    @Test(
      "Another content type than JSON in UTF-8, or none, is a 415",
      arguments: [
        "text/plain", "application/x-www-form-urlencoded", "application/jsonx", nil,
        "application/json; charset=utf-16", "application/json;charset=\"ISO-8859-1\"",
      ])
    func contentType(_ type: String?) async throws {
      let api = try await SharedSystem.api()
      let headers = type.map { ["Content-Type": $0] } ?? [:]
      let answer = try await api.client(Name.user()).send(
        "POST", "/conversations", headers, body: Data("{}".utf8))
      expectProblem(answer, 415)
    }

    @Test(
      "Parameters of the content type do not matter, but for another charset",
      arguments: [
        "application/json; charset=utf-8", "Application/JSON", "application/json;profile=x;charset=\"UTF-8\"",
      ])
    func contentTypeParameters(_ type: String) async throws {
      let api = try await SharedSystem.api()
      let answer = try await api.client(Name.user()).send(
        "POST", "/conversations", ["Content-Type": type], body: Data("{}".utf8))
      #expect(answer.status == 201)
    }

    @Test("A body over a mebibyte is a 413, whether its length is announced or not")
    func tooLarge() async throws {
      let api = try await SharedSystem.api()
      let body = Data(repeating: UInt8(ascii: " "), count: 1 << 20) + Data("{}".utf8)
      expectProblem(try await post(body), 413)
      let stream = AsyncStream<ByteBuffer> { continuation in
        for _ in 0..<32 { continuation.yield(ByteBuffer(repeating: UInt8(ascii: " "), count: 1 << 16)) }
        continuation.finish()
      }
      let answer = try await api.client(Name.user()).send(
        "POST", "/conversations", ["Content-Type": "application/json"],
        body: HTTPClientRequest.Body.stream(stream, length: .unknown))
      expectProblem(answer, 413)
      #expect(
        try await post(Data(repeating: UInt8(ascii: " "), count: (1 << 20) - 2) + Data("{}".utf8)).status
          == 201)
    }

    @Test("U+0000, which Postgres refuses, becomes U+FFFD in text and metadata; an id that holds it is a 422")
    func nul() async throws {
      let api = try await SharedSystem.api()
      let answer = try await post(
        Data(#"{"title":"a\u0000b","metadata":{"k\u0000":"\u0000","\ud800":1}}"#.utf8))
      #expect(answer.status == 201)
      #expect(try answer.decoded(ConversationBody.self).title == "a\u{FFFD}b")
      let id = try await api.service.send(
        "POST", "/conversations", ["Content-Type": "application/json"],
        body: Data(#"{"externalId":"a\u0000b"}"#.utf8))
      expectProblem(id, 422)
      #expect(try faults(id).keys.contains("/externalId"))
    }

    private func post(_ body: Data) async throws -> Answer {
      try await SharedSystem.api().client(Name.user()).send(
        "POST", "/conversations", ["Content-Type": "application/json"], body: body)
    }

    private static func nested(_ levels: Int) -> String {
      String(repeating: #"{"a":"#, count: levels - 1) + "{}" + String(repeating: "}", count: levels - 1)
    }
  }
}
