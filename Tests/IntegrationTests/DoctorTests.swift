import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("The doctor")
  struct DoctorTests {
    private static func findings(_ end: ProgramEnd) throws -> [String: (level: String, remedy: String?)] {
      // The verdict, on standard error, may come first.
      let object = String(end.text.split(separator: "\n").first { $0.hasPrefix("{") } ?? "")
      let report = try JSONValue(Data(object.utf8))
      return Dictionary(
        (report["findings"]?.elements ?? []).map {
          ($0["check"]?.text ?? "", ($0["level"]?.text ?? "", $0["remedy"]?.text))
        }, uniquingKeysWith: { first, _ in first })
    }

    @Test("Of a running system it finds nothing failed, and says what every part is")
    func healthy() async throws {
      let system = try await SharedSystem.api().system
      let end = try await run(.api, ["doctor", "--json"], system.environment())
      #expect(end.code == 0, "\(end)")
      let findings = try Self.findings(end)
      for check in ["settings", "primary", "migrations", "cache", "cache trust", "queue"] {
        #expect(findings[check]?.level == "ok", "\(check): \(end)")
      }
      #expect(findings["database role"] != nil)
      for (check, finding) in findings {
        #expect((finding.remedy != nil) == (finding.level != "ok"), "\(check)")
      }
      let text = try await run(.api, ["doctor"], system.environment())
      #expect(text.code == 0)
      #expect(text.text.split(separator: "\n").count >= findings.count)
    }

    @Test("What does not answer is named, with a remedy and without a secret: 69")
    func unreachable() async throws {
      let port = FreePort.next()
      let system = try await SharedSystem.api().system
      let end = try await run(
        .api, ["doctor", "--json"],
        system.environment([
          "DATABASE_URL": "postgresql://user:database-secret@127.0.0.1:\(port)/x",
          "REDIS_CACHE_URL": "redis://:cache-secret@127.0.0.1:\(port)",
          "REDIS_QUEUE_URL": "redis://:queue-secret@127.0.0.1:\(port)",
          "JWT_JWKS_URL": "http://127.0.0.1:\(port)/keys",
        ]))
      #expect(end.code == 69, "\(end)")
      let findings = try Self.findings(end)
      for check in ["primary", "cache", "queue", "token keys"] {
        #expect(findings[check]?.level == "unreachable", "\(check): \(end)")
        #expect(findings[check]?.remedy?.isEmpty == false)
      }
      #expect(!end.text.contains("-secret"))
      #expect(!end.text.contains(system.jwtSecret))
      #expect(!end.text.contains(system.webhookToken))
    }

    @Test("All bad settings are findings: 78")
    func settings() async throws {
      let end = try await run(
        .api, ["doctor", "--json"], ["PORT": "eighty", "DATABASE_URL": "mysql://user:database-secret@x/y"])
      #expect(end.code == 78, "\(end)")
      let findings = try Self.findings(end)
      for name in ["PORT", "DATABASE_URL", "JWT_SECRET", "WEBHOOK_TOKENS"] {
        #expect(findings["setting \(name)"]?.level == "failed", "\(end)")
      }
      #expect(!end.text.contains("-secret"))
    }

    @Test("A bad setting hides nothing but what it leads to: 78 all the same")
    func someSettings() async throws {
      let system = try await SharedSystem.api().system
      let end = try await run(
        .api, ["doctor", "--json"],
        system.environment(["PORT": "eighty", "REDIS_QUEUE_URL": "http://user:queue-secret@x"]))
      #expect(end.code == 78, "\(end)")
      let findings = try Self.findings(end)
      for name in ["PORT", "REDIS_QUEUE_URL"] { #expect(findings["setting \(name)"]?.level == "failed") }
      for check in ["primary", "migrations", "cache"] { #expect(findings[check]?.level == "ok", "\(end)") }
      #expect(findings["queue"] == nil && findings["settings"] == nil, "\(end)")
      #expect(!end.text.contains("-secret"))
    }

    @Test("A database without the migrations is a failure that says which command mends it: 1")
    func notMigrated() async throws {
      let system = try await SharedSystem.api().system
      let url = try await system.postgres.createDatabase()
      let before = try await run(.api, ["doctor", "--json"], system.environment(["DATABASE_URL": url]))
      #expect(before.code == 1, "\(before)")
      #expect(try Self.findings(before)["migrations"]?.remedy == "run APIService migrate")
      #expect(try await run(.api, ["migrate"], ["DATABASE_URL": url]).code == 0)
      let after = try await run(.api, ["doctor", "--json"], system.environment(["DATABASE_URL": url]))
      #expect(try Self.findings(after)["migrations"]?.level == "ok", "\(after)")
    }

    @Test("A queue that evicts, and a cache on the same server, are found")
    func unfitQueue() async throws {
      let system = try await SharedSystem.api().system
      let end = try await run(
        .api, ["doctor", "--json"], system.environment(["REDIS_QUEUE_URL": system.cacheRedis.url]))
      #expect(end.code == 1, "\(end)")
      let findings = try Self.findings(end)
      #expect(findings["queue policy"]?.level == "failed")
      #expect(findings["cache and queue"]?.level == "warning")
    }
  }
}
