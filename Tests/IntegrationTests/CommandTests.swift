import Foundation
import TestSupport
import Testing

extension Integration {
  @Suite("The programs' commands")
  struct CommandTests {
    @Test("Help and version are printed with exit code 0", arguments: [ProgramKind.api, .worker])
    func help(_ kind: ProgramKind) async throws {
      let help = try await run(kind, ["--help"])
      #expect(help.code == 0)
      #expect(help.text.contains("USAGE: \(kind.rawValue)"))
      for command in kind == .api
        ? ["serve", "migrate", "token", "cache", "healthcheck"] : ["run", "queue", "healthcheck"]
      {
        #expect(help.text.contains(command))
      }
      let version = try await run(kind, ["--version"])
      #expect(version.code == 0)
      #expect(version.text.wholeMatch(of: /\d+\.\d+\.\d+\S*/) != nil)
    }

    @Test(
      "What cannot be understood is a usage error: 64",
      arguments: [
        (ProgramKind.api, ["--no-such-option"]), (.api, ["no-such-command"]), (.api, ["token"]),
        (.api, ["token", "--user", "somebody", "--role", "king"]),
        (.api, ["token", "--user", "white space"]),
        (.api, ["token", "--user", "somebody", "--ttl", "0"]), (.worker, ["--no-such-option"]),
        (.worker, ["no-such-command"]),
      ])
    func usage(_ kind: ProgramKind, _ arguments: [String]) async throws {
      let end = try await run(kind, arguments, ["JWT_SECRET": String(repeating: "s", count: 32)])
      #expect(end.code == 64)
      #expect(end.text.contains("Usage:"))
    }

    @Test("All bad settings of the API are named at once, no secret is echoed, and nothing starts: 78")
    func badAPISettings() async throws {
      let end = try await run(
        .api, [],
        [
          "PORT": "eighty", "AUTH_MODE": "maybe", "JWT_SECRET": "short-secret",
          "REDIS_CACHE_URL": "http://user:cache-secret@127.0.0.1",
          "REDIS_QUEUE_URL": "redis://:queue-secret@",
          "DATABASE_URL": "mysql://user:database-secret@127.0.0.1/x", "CACHE_TTL_SECONDS": "0",
          "DATABASE_READ_URL": "postgresql://user:replica-secret@127.0.0.1:99999999/x",
          "CACHE_MODE": "loose",
          "WEBHOOK_MAX_BYTES": "-1", "QUEUE_MAX_DEPTH": "many", "SHUTDOWN_DRAIN_SECONDS": "soon",
          "LOG_LEVEL": "loud",
          "LOG_FORMAT": "xml", "JWT_JWKS_URL": "http://keys.example", "HOST": "999.9.9.9",
          "TRUSTED_PROXIES": "all", "ADMIN_NETWORKS": "everywhere",
        ])
      expectRefusal(
        end,
        [
          "PORT", "AUTH_MODE", "JWT_SECRET", "REDIS_CACHE_URL", "REDIS_QUEUE_URL", "DATABASE_URL",
          "CACHE_TTL_SECONDS",
          "CACHE_MODE", "WEBHOOK_MAX_BYTES", "QUEUE_MAX_DEPTH", "SHUTDOWN_DRAIN_SECONDS", "LOG_LEVEL",
          "LOG_FORMAT",
          "WEBHOOK_TOKENS", "JWT_JWKS_URL", "HOST", "TRUSTED_PROXIES", "ADMIN_NETWORKS", "DATABASE_READ_URL",
        ])
    }

    @Test("All bad settings of the worker are named at once, no secret is echoed, and nothing starts: 78")
    func badWorkerSettings() async throws {
      let end = try await run(
        .worker, [],
        [
          "WORKER_PORT": "0", "WORKER_CONCURRENCY": "0", "WORKER_BATCH": "all", "WORKER_BATCH_BYTES": "1",
          "REDIS_QUEUE_URL": "queue-secret", "DATABASE_URL": "postgres//:database-secret",
          "LOG_LEVEL": "loud", "ADMIN_NETWORKS": "10.0.0.0/8, everywhere", "WORKER_HOST": "no host",
          "WORKER_LEASE_SECONDS": "2",
        ])
      expectRefusal(
        end,
        [
          "ADMIN_NETWORKS", "WORKER_PORT", "WORKER_CONCURRENCY", "WORKER_BATCH", "WORKER_BATCH_BYTES",
          "REDIS_QUEUE_URL", "DATABASE_URL", "LOG_LEVEL", "WORKER_LEASE_SECONDS", "WORKER_HOST",
        ])
    }

    @Test("What is missing is named as well")
    func missingSettings() async throws {
      expectRefusal(try await run(.api, []), ["DATABASE_URL", "JWT_SECRET", "WEBHOOK_TOKENS"])
      expectRefusal(try await run(.worker, []), ["DATABASE_URL"])
      expectRefusal(try await run(.api, ["migrate"]), ["DATABASE_URL"])
      expectRefusal(try await run(.api, ["token", "--user", "somebody"]), ["JWT_SECRET"])
    }

    @Test(
      "Without authentication the API refuses an address that is not loopback",
      arguments: [
        "AUTH_MODE", "WEBHOOK_AUTH",
      ])
    func insecureAddress(_ setting: String) async throws {
      let settings = [
        "HOST": "0.0.0.0", setting: "none", "DATABASE_URL": "postgresql://127.0.0.1:1/x",
        "WEBHOOK_TOKENS": "a-token-of-sixteen-bytes",
        "JWT_SECRET": String(repeating: "s", count: 32),
      ]
      expectRefusal(try await run(.api, [], settings), [setting])
    }

    @Test("A secret may come from a file, but not from both")
    func secretFiles() async throws {
      let file = "\(try TemporaryFolder.create("secrets"))/jwt"
      try "a-secret-from-a-file-of-32-bytes-and-more\n".write(toFile: file, atomically: true, encoding: .utf8)
      let token = try await run(.api, ["token", "--user", "somebody"], ["JWT_SECRET_FILE": file])
      #expect(token.code == 0)
      let both = ["JWT_SECRET_FILE": file, "JWT_SECRET": "another-secret-of-thirty-two-bytes-or-more"]
      expectRefusal(try await run(.api, ["token", "--user", "somebody"], both), ["JWT_SECRET_FILE"])
    }

    @Test("Migrating a database that is not there ends with 69")
    func migrateUnreachable() async throws {
      let url = "postgresql://user:database-secret@127.0.0.1:\(FreePort.next())/x"
      let end = try await run(.api, ["migrate"], ["DATABASE_URL": url])
      #expect(end.code == 69)
      #expect(!end.text.contains("database-secret"))
    }

    @Test("A minted token is accepted, with its user and role, until it expires")
    func token() async throws {
      let api = try await SharedSystem.api()
      let settings = ["JWT_SECRET": api.system.jwtSecret]
      let owner = Name.user()
      let user = try await run(.api, ["token", "--user", owner], settings)
      let created = try await Client(base: api.program.base, token: user.text).post("/conversations", [:])
      #expect(try created.decoded(ConversationBody.self).userId == owner)
      let service = try await run(
        .api, ["token", "--user", "x", "--role", "service", "--ttl", "60"], settings)
      let list = try await Client(base: api.program.base, token: service.text).get(
        "/conversations?userId=\(owner)")
      #expect(try list.decoded(Page<ConversationBody>.self).total == 1)
    }

    @Test("The health check ends with 0 when the program is ready and with 1 when it is not")
    func healthcheck() async throws {
      let api = try await SharedSystem.api()
      let port = try #require(api.program.base.split(separator: ":").last.map(String.init))
      #expect(try await run(.api, ["healthcheck"], ["PORT": port]).code == 0)
      #expect(try await run(.api, ["healthcheck", "--url", "\(api.program.base)/health/live"]).code == 0)
      #expect(try await run(.worker, ["healthcheck"], ["WORKER_PORT": port]).code == 0)
      let nobody = String(FreePort.next())
      #expect(try await run(.api, ["healthcheck"], ["PORT": nobody]).code == 1)
      #expect(try await run(.worker, ["healthcheck"], ["WORKER_PORT": nobody]).code == 1)
      #expect(try await run(.api, ["healthcheck", "--url", "\(api.program.base)/nowhere"]).code == 1)
    }

    @Test("A worker refuses a queue that may drop accepted events")
    func evictingQueue() async throws {
      let redis = try await RedisServer.start(arguments: ["--maxmemory-policy", "allkeys-lru"])
      let postgres = try await SharedServers.postgres()
      let settings = [
        "REDIS_URL": redis.url, "DATABASE_URL": try await postgres.createDatabase(),
        "WORKER_PORT": String(FreePort.next()), "SHUTDOWN_DRAIN_SECONDS": "0",
      ]
      let end = try await run(.worker, [], settings)
      #expect(end.code == 78)
      #expect(end.text.contains("noeviction"))
      try await redis.stop()
    }

    @Test(
      "A port that somebody has is named with its settings, and what to do",
      arguments: [(ProgramKind.api, "HOST, PORT:"), (.worker, "WORKER_HOST, WORKER_PORT:")])
    func takenPort(_ kind: ProgramKind, names: String) async throws {
      let api = try await SharedSystem.api()
      let port = try #require(api.program.base.split(separator: ":").last.map(String.init))
      let end = try await run(kind, [], api.system.environment([kind.portSetting: port]))
      #expect(end.code == 1, "\(end)")
      #expect(end.text.contains("error: \(names) cannot listen on 127.0.0.1, port \(port): "), "\(end)")
      #expect(end.text.contains("choose another \(kind.portSetting)"), "\(end)")
    }

    private func expectRefusal(
      _ end: ProgramEnd, _ names: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) {
      #expect(end.code == 78, "\(end.text)", sourceLocation: sourceLocation)
      for name in names {
        #expect(end.text.contains("\(name):"), "\(end.text)", sourceLocation: sourceLocation)
      }
      #expect(!end.text.contains("-secret"), "\(end.text)", sourceLocation: sourceLocation)
      #expect(!end.text.contains("listening"), sourceLocation: sourceLocation)
    }
  }
}
