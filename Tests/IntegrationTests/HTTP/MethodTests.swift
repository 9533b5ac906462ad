import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("Methods and paths")
  struct MethodTests {
    @Test(
      "A method that a path does not have is a 405 which names those it has",
      arguments: [
        ("/conversations", ["GET", "HEAD", "POST"]),
        ("/conversations/x", ["DELETE", "GET", "HEAD", "PATCH"]),
        ("/conversations/x/messages", ["GET", "HEAD"]), ("/users/x/messages", ["GET", "HEAD"]),
        ("/users/x", ["DELETE"]),
        ("/webhooks/tavus", ["POST"]), ("/health", ["GET", "HEAD"]), ("/health/live", ["GET", "HEAD"]),
        ("/health/ready", ["GET", "HEAD"]),
      ])
    func notAllowed(_ path: String, _ methods: [String]) async throws {
      let client = try await SharedSystem.api().client(Name.user())
      for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"]
      where !methods.contains(method) {
        let answer = try await client.send(method, path)
        expectProblem(answer, 405, comment: "\(method) \(path)")
        let allowed = answer.field("Allow")?.split(separator: ",").map {
          $0.trimmingCharacters(in: .whitespaces)
        }
        #expect(Set(allowed ?? []).subtracting(["OPTIONS"]) == Set(methods))
      }
    }

    @Test(
      "A path that nobody serves is a 404",
      arguments: [
        "/", "/conversation", "/conversations/x/y", "/users", "/webhooks", "/webhooks/other",
        "/health/x",
        "/conversations/%2e%2e/health", "/conversations/x/messages/y",
      ])
    func unknownPath(_ path: String) async throws {
      let answer = try await SharedSystem.api().client(Name.user()).get(path)
      expectProblem(answer, 404)
      #expect(try answer.object()["instance"] as? String == path)
    }

    @Test("Health says what is up, in the shape monitors know; it wants no token and ignores parameters")
    func health() async throws {
      let api = try await SharedSystem.api()
      let report = try await api.anonymous.get("/health?verbose=1")
      #expect(report.status == 200)
      #expect(report.field("Content-Type") == "application/json")
      #expect(
        report.text
          == #"{"status":"ok","info":{"database":{"status":"up"},"redis":{"status":"up"},"queue":{"status":"up"}},"#
          + #""error":{},"details":{"database":{"status":"up"},"redis":{"status":"up"},"queue":{"status":"up"}}}"#
      )
      for path in ["/health/live?x", "/health/ready?x=1"] {
        let answer = try await api.anonymous.get(path)
        #expect(answer.status == 200)
        #expect(try answer.object()["status"] as? String == "ok")
      }
    }
  }
}
