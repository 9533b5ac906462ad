import AsyncHTTPClient
import Foundation
import NIOConcurrencyHelpers
import TestSupport

/// A whole system in which every secret is marked, and everything that it ever says.
final class SecretsStage: Sendable {
  struct Output: Sendable {
    let origin: String
    let text: String
  }

  private struct State: Sendable {
    var outputs: [Output] = []
    var programs: [RunningProgram] = []
    /// Those of them that answered once.
    var serving: [RunningProgram] = []
  }

  private let system: LocalSystem
  private let mark: SecretMarks
  private let cacheRedis: RedisServer
  private let queueRedis: RedisServer
  private let provider: HTTPStub
  private let settings: [String: String]
  private let state = NIOLockedValueBox(State())

  /// Starts the servers with marked passwords and writes all secrets to files.
  init(_ system: LocalSystem, _ mark: SecretMarks) async throws {
    self.system = system
    self.mark = mark
    cacheRedis = try await RedisServer.start(arguments: ["--requirepass", mark.secret("cache")])
    queueRedis = try await RedisServer.start(
      arguments: ["--requirepass", mark.secret("queue")], persistent: true)
    provider = try await HTTPStub.start(
      .body(try SigningKey.set([try await SigningKey.make(.p256).jwk("k")])))
    _ = try await system.rows("CREATE ROLE marked SUPERUSER LOGIN PASSWORD '\(mark.secret("database"))'")
    let name = system.databaseURL.split(separator: "/").last.map(String.init) ?? ""
    let database = "postgresql://marked:\(mark.secret("database"))@127.0.0.1:\(system.postgres.port)/\(name)"
    let folder = try TemporaryFolder.create("secrets")
    var settings = [
      "LOG_LEVEL": "trace", "LOG_FORMAT": "json", "SHUTDOWN_DRAIN_SECONDS": "0", "PORT": "1",
    ]
    for (name, value) in [
      "JWT_SECRET": mark.secret("jwt"), "JWT_JWKS_URL": "\(provider.base)/?key=\(mark.secret("jwks"))",
      "WEBHOOK_TOKENS": "\(mark.secret("token")),\(mark.secret("next"))", "DATABASE_URL": database,
      "DATABASE_WRITE_URL": database, "DATABASE_READ_URL": database, "DATABASE_DIRECT_URL": database,
      "REDIS_URL": Self.url(cacheRedis, mark.secret("cache")),
      "REDIS_CACHE_URL": Self.url(cacheRedis, mark.secret("cache")),
      "REDIS_QUEUE_URL": Self.url(queueRedis, mark.secret("queue")), "REDIS_PASSWORD": mark.secret("unused"),
    ] {
      try "\(value)\n".write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
      settings["\(name)_FILE"] = "\(folder)/\(name)"
    }
    self.settings = settings
  }

  private static func url(_ redis: RedisServer, _ password: String) -> String {
    "redis://:\(password)@127.0.0.1:\(redis.port)"
  }

  /// All that was said: answers, commands, and what the programs have printed by now.
  var outputs: [Output] {
    state.withLockedValue { state in
      state.outputs
        + state.programs.flatMap { program in
          program.process.lines.map { Output(origin: "log of \(program.base)", text: $0) }
        }
    }
  }

  /// Everything works: a token, a conversation, a webhook by each token, a worker, a page of metrics.
  func succeed() async throws {
    let api = try await start(.api, settings)
    _ = try await start(.worker, settings)
    let client = Client(base: api.base, token: token)
    let created = try await send(client, "POST", "/conversations", #"{"title":"x"}"#)
    guard created.status == 201, let path = created.field("Location") else {
      throw IntegrationError("not created: \(created)")
    }
    _ = try await send(client, "GET", path)
    _ = try await send(client, "GET", "/conversations")
    for name in ["token", "next"] {
      let answer = try await post(api, mark.secret(name), event(name))
      guard answer.status == 202 else { throw IntegrationError("\(name): \(answer)") }
    }
    let arrived = try await eventually(within: .seconds(20)) {
      try await self.system.count("SELECT count(*) FROM webhook_events") == 2
    }
    guard arrived else { throw IntegrationError("the worker did nothing") }
    _ = try await send(Client(base: api.base), "GET", "/metrics")
  }

  /// Everything that a client can do wrong with a secret in its hands.
  func beRefused() async throws {
    let api = try await start(
      .api, settings.merging(["WEBHOOK_AUTH": "standard"]) { $1 }.merging(signing) { $1 })
    let token = mark.secret("token")
    let event = try event("refused")
    for path in [
      "/webhooks/tavus", "/webhooks/nowhere", "/conversations", "/health", "/\(token)", "/metrics",
    ] {
      for method in ["GET", "POST", "PUT", "BREW"] {
        let target = path.contains(token) ? path : "\(path)?token=\(token)&page=\(token)"
        // The path itself is the client's own, and comes back in a problem's `instance`.
        _ = try await send(
          Client(base: api.base, token: "\(token).\(token).\(token)"), method, target,
          #"{"title":"\#(token)"}"#,
          isRecorded: !path.contains(token))
      }
    }
    let client = Client(base: api.base, token: self.token)
    for body in ["{", #"{"title":7}"#, #"{"\#(token)":1}"#] {
      // What is wrong with a body is told by its own names.
      _ = try await send(client, "POST", "/conversations", body, isRecorded: !body.contains(token))
    }
    for body in [event, Data("{\"webhook_url\":\"\(token)\"".utf8), Data("[]".utf8)] {
      _ = try await post(api, token, body)
    }
    _ = try await send(
      Client(base: api.base), "GET", "/conversations", headers: ["Authorization": "Basic \(token)"])
  }

  /// What an operator may run, with help first.
  func runCommands() async throws {
    var commands: [(ProgramKind, [String])] = []
    for arguments in [["--help"], ["help", "healthcheck"], ["--version"], ["--no-such"], ["healthcheck"]] {
      commands += [(.api, arguments), (.worker, arguments)]
    }
    for arguments in [
      ["help", "serve"], ["help", "token"], ["migrate"], ["openapi"], ["doctor"], ["doctor", "--json"],
      ["cache", "show", "--user", "u"], ["cache", "show", "--user", "u", "--json"],
      ["cache", "invalidate", "--user", "u"],
    ] { commands.append((.api, arguments)) }
    for arguments in [
      ["queue", "stats"], ["queue", "stats", "--json"], ["queue", "dead"], ["queue", "show", "x"],
    ] {
      commands.append((.worker, arguments))
    }
    try await concurrently(commands) { [self] in try await command($0.0, $0.1) }
  }

  /// Passwords that are no longer right, servers that are gone, and commands that meet both.
  func loseDependencies() async throws {
    let wrong = settings.filter { !$0.key.hasSuffix("_FILE") }.merging([
      "JWT_SECRET": mark.secret("jwt"), "WEBHOOK_TOKENS": mark.secret("token"),
      "DATABASE_URL":
        "postgresql://marked:\(mark.secret("wrong"))@127.0.0.1:\(system.postgres.port)/postgres",
      "REDIS_URL": Self.url(cacheRedis, mark.secret("wrong")),
    ]) { $1 }
    try await fail(wrong)
    try await cacheRedis.kill()
    try await queueRedis.kill()
    try await probe()
    try await system.postgres.kill()
    try await probe()
    try await runCommands()
  }

  func end() async {
    for program in state.withLockedValue({ $0.programs }) { program.process.kill() }
    for redis in [cacheRedis, queueRedis] { try? await redis.kill() }
    try? await provider.stop()
  }

  /// Programs that cannot do anything, for a while.
  private func fail(_ environment: [String: String]) async throws {
    for kind in [ProgramKind.api, .worker] {
      let port = FreePort.next()
      let process = try Installation.build.start(
        kind, [], environment.merging([kind.portSetting: String(port)]) { $1 })
      let program = RunningProgram(process: process, base: "http://127.0.0.1:\(port)")
      state.withLockedValue { $0.programs.append(program) }
      guard kind == .api else { continue }
      try await process.waitForLine(containing: "listening")
      state.withLockedValue { $0.serving.append(program) }
      try await probe(program)
    }
  }

  /// Requests to all APIs, whatever becomes of them.
  private func probe() async throws {
    try await concurrently(state.withLockedValue { $0.serving }) { [self] in try await probe($0) }
  }

  private func probe(_ program: RunningProgram) async throws {
    let client = Client(base: program.base, token: token)
    try await concurrently(["/conversations", "/health", "/health/ready", "/metrics"]) { [self] path in
      try await send(client, "GET", path)
    }
    _ = try await send(client, "POST", "/conversations", "{}")
    _ = try await post(program, mark.secret("token"), try event("late"))
  }

  private var token: String { Token.valid(for: "u", secret: mark.secret("jwt")) }

  private var signing: [String: String] {
    ["WEBHOOK_SIGNING_SECRETS": "whsec_\(Data(mark.secret("signing").utf8).base64EncodedString())"]
  }

  private func event(_ name: String) throws -> Data {
    try JSON.bytes([
      "conversation_id": name, "event_type": "application.transcription_ready",
      "webhook_url": "https://freshet.example/webhooks/tavus?token=\(mark.secret("token"))",
      "properties": ["transcript": [["role": "user", "content": mark.secret("content")]]],
    ])
  }

  private func start(_ kind: ProgramKind, _ environment: [String: String]) async throws -> RunningProgram {
    let environment = environment.filter { $0.key != "PORT" }
    let program = try await RunningProgram.start(kind, environment, from: .build)
    state.withLockedValue { state in
      state.programs.append(program)
      state.serving.append(program)
    }
    return program
  }

  private func command(_ kind: ProgramKind, _ arguments: [String]) async throws {
    let end = try await run(kind, arguments, settings)
    record("\(kind) \(arguments.joined(separator: " "))", end.text)
  }

  private func post(_ program: RunningProgram, _ token: String, _ body: Data) async throws -> Answer {
    try await send(
      Client(base: program.base), "POST", "/webhooks/tavus?token=\(token)",
      String(decoding: body, as: UTF8.self))
  }

  /// An answer that does not come is none to be looked at: its program may be one that has no such route.
  @discardableResult
  private func send(
    _ client: Client, _ method: String, _ path: String, _ body: String? = nil,
    headers: [String: String] = [:],
    isRecorded: Bool = true
  ) async throws -> Answer {
    let headers = headers.merging(["Content-Type": "application/json"]) { given, _ in given }
    let answer = try await client.send(method, path, headers, body: body.map { Data($0.utf8) })
    if isRecorded { record("\(method) \(path)", answer.description + answer.text) }
    return answer
  }

  private func record(_ origin: String, _ text: String) {
    state.withLockedValue { $0.outputs.append(Output(origin: origin, text: text)) }
  }
}
