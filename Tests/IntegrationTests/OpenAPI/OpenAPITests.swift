import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("The OpenAPI document")
  struct OpenAPITests {
    @Test("The service answers the document that the command prints, and a 304 to whoever has it")
    func served() async throws {
      let client = try await SharedSystem.api().anonymous
      let answer = try await client.get("/openapi.json")
      #expect(answer.status == 200)
      #expect(answer.field("Content-Type") == "application/json")
      #expect(answer.field("Cache-Control") == "public, no-cache")
      #expect(try JSONValue(answer.body) == (try await ContractWatch.document()))
      let tag = try #require(answer.field("ETag"))
      let packed = try await client.get("/openapi.json", ["Accept-Encoding": "gzip"])
      #expect(packed.field("Content-Encoding") == "gzip")
      #expect(packed.body.count * 3 < answer.body.count)
      for tag in [tag, try #require(packed.field("ETag"))] {
        let known = try await client.get("/openapi.json", ["If-None-Match": tag])
        #expect(known.status == 304)
        #expect(known.body.isEmpty)
      }
      expectProblem(try await client.get("/openapi.json?x=1"), 400)
    }

    @Test("The page is HTML with a policy that lets nothing in from elsewhere")
    func page() async throws {
      let answer = try await SharedSystem.api().anonymous.get("/docs")
      #expect(answer.status == 200)
      #expect(answer.field("Content-Type") == "text/html; charset=utf-8")
      #expect(
        answer.field("Content-Security-Policy")?.hasPrefix("default-src 'none'; style-src 'sha256-") == true)
      #expect(answer.text.hasPrefix("<!doctype html>"))
    }

    @Test("The command needs no settings, and ignores bad ones")
    func command() async throws {
      let end = try await run(.api, ["openapi"], ["PORT": "eighty", "DATABASE_URL": "nonsense"])
      #expect(end.code == 0)
      #expect(end.text == (try await ContractWatch.text()))
    }

    @Test("Each path has the methods that the document gives it")
    func methods() async throws {
      let client = try await SharedSystem.api().service
      for (path, operations) in try await ContractWatch.document()["paths"]?.members ?? [:] {
        let answer = try await client.send("OPTIONS", path.replacing("{id}", with: "x"))
        let allowed = answer.field("Allow")?.split(separator: ",").map {
          $0.trimmingCharacters(in: .whitespaces)
        }
        var documented = Set(operations.members.keys.map { $0.uppercased() })
        if documented.contains("GET") { documented.insert("HEAD") }
        #expect(Set(allowed ?? []) == documented.union(["OPTIONS"]), "\(path)")
      }
    }

    @Test(
      "Each query parameter is taken, and one that the document does not have is refused where it says so")
    func queries() async throws {
      let client = try await SharedSystem.api().service
      let schema = JSONSchema(document: try await ContractWatch.document())
      for (path, operations) in schema.document["paths"]?.members ?? [:] {
        guard let operation = operations["get"] else { continue }
        let target = path.replacing("{id}", with: path.hasPrefix("/users") ? "u" : Self.noConversation)
        for parameter in operation["parameters"]?.elements ?? [] where parameter["in"]?.text == "query" {
          let name = try #require(parameter["name"]?.text)
          let answer = try await client.get("\(target)?\(name)=\(Self.sample(of: parameter, schema))")
          #expect(answer.status != 400, "\(path) \(name): \(answer)")
        }
        let isLenient = path == "/metrics" || path.hasPrefix("/health")
        #expect((try await client.get("\(target)?no-such=1").status == 400) != isLenient, "\(path)")
      }
    }

    private static let noConversation = "01890a5d-ac96-774b-bcce-b302099a8057"

    /// A value that the parameter's schema takes.
    private static func sample(of parameter: JSONValue, _ schema: JSONSchema) -> String {
      guard let own = parameter["schema"] else { return "" }
      let rule = own["$ref"]?.text.flatMap(schema.lookUp) ?? own
      switch rule["type"]?.text {
      case "integer": return "\(rule["minimum"]?.integer ?? 1)"
      case "boolean": return "true"
      default: return rule["enum"]?.elements.first?.text ?? (rule["pattern"] == nil ? "" : "u")
      }
    }

    @Test("openapi-spec-validator accepts it")
    func validator() async throws {
      let file = "\(try TemporaryFolder.create("openapi"))/openapi.json"
      try await ContractWatch.text().write(toFile: file, atomically: true, encoding: .utf8)
      let end = try await end(of: ChildProcess(PythonTools.path("openapi-spec-validator"), [file]))
      #expect(end.code == 0, "\(end)")
    }
  }

  @Suite("schemathesis")
  struct SchemathesisTests {
    /// `API_TESTS=long` plays that many cases per operation and phase.
    private static let examples =
      ProcessInfo.processInfo.environment["API_TESTS"] == "long" ? "300" : "10"
    private static let seed =
      ProcessInfo.processInfo.environment["FRESHET_SEED"] ?? "\(Int.random(in: 1...999_999))"

    @Test(
      "It finds no failure by any check, as whoever it comes",
      arguments: ["user", "service", "admin", "nobody"])
    func plays(_ role: String) async throws {
      // Its own: what it fails to authenticate counts against everybody on this machine.
      try await LocalSystem.run { system in
        // Beyond what is counted in a play, so that limits are told of and hide nothing.
        try await play(role, against: system.startAPI(["RATE_LIMIT_REQUESTS": "1000000"]))
      }
    }

    private func play(_ role: String, against api: API) async throws {
      let token =
        role == "nobody" ? "" : Token.valid(for: Name.user(), role: role, secret: api.system.jwtSecret)
      let play = try await ChildProcess(
        PythonTools.path("schemathesis"),
        [
          "--config-file", "\(FileManager.default.currentDirectoryPath)/Tests/API/schemathesis.toml", "run",
          "\(api.program.base)/openapi.json", "--max-examples", Self.examples, "--seed", Self.seed,
          "--no-color",
        ],
        environment: [
          "TOKEN": token, "WEBHOOK_TOKEN": role == "nobody" ? "" : api.system.webhookToken,
        ], folder: TemporaryFolder.create("schemathesis"))
      let end = try await end(of: play, within: .seconds(1200))
      #expect(end.code == 0, "\(end.text)")
      print("schemathesis as \(role), seed \(Self.seed):", end.text.split(separator: "\n").suffix(1).joined())
    }
  }
}
