import Logging
import NIOCore
import Redis
import ServiceLifecycle
import TestSupport
import Testing

@Suite("The client, with a real Redis")
struct RedisClientTests {
  @Test("sends commands and gets replies of every kind")
  func execute() async throws {
    try await withSharedServer { client async throws in
      #expect(try await client.execute(RedisCommand("SET", "execute:k", "v")) == .status("OK"))
      #expect(try await client.execute(RedisCommand("GET", "execute:k")).string == "v")
      #expect(try await client.execute(RedisCommand("GET", "execute:none")) == .null)
      #expect(try await client.execute(RedisCommand("INCRBY", "execute:n", 41)) == .integer(41))
      #expect(
        try await client.execute(RedisCommand("MGET", "execute:k", "execute:none")).array?.map(\.string)
          == ["v", nil])
    }
  }

  @Test("throws an error reply with the server's words")
  func serverError() async throws {
    try await withSharedServer { client async throws in
      _ = try await client.execute(RedisCommand("SET", "error:k", "text"))
      let error = await #expect(throws: RedisError.self) {
        try await client.execute(RedisCommand("LPUSH", "error:k", "v"))
      }
      #expect(error?.code == .serverError)
      #expect(error?.serverPrefix == "WRONGTYPE")
      #expect(try await client.execute(RedisCommand("GET", "error:k")).string == "text")
    }
  }

  @Test("keeps every byte of a value")
  func binary() async throws {
    try await withSharedServer { client async throws in
      let bytes = ByteBuffer(bytes: (0..<1024).map { UInt8(truncatingIfNeeded: $0 * 7) })
      _ = try await client.execute(RedisCommand("SET", "binary:k", RedisArgument(bytes)))
      #expect(try await client.execute(RedisCommand("GET", "binary:k")).bytes == bytes)
    }
  }

  @Test("carries a bulk of 64 MB both ways")
  func largeBulk() async throws {
    try await withSharedServer { client async throws in
      let bytes = ByteBuffer(repeating: 0x61, count: 64 << 20)
      _ = try await client.execute(
        RedisCommand("SET", "large:k", RedisArgument(bytes)), timeout: .seconds(20))
      let reply = try await client.execute(RedisCommand("GET", "large:k"), timeout: .seconds(20))
      #expect(reply.bytes == bytes)
      _ = try await client.execute(RedisCommand("DEL", "large:k"))
    }
  }

  @Test("answers a pipeline in order, with one command's error in its place")
  func pipeline() async throws {
    try await withSharedServer { client async throws in
      let replies = try await client.pipeline([
        RedisCommand("SET", "pipeline:k", "1"), RedisCommand("LPUSH", "pipeline:k", "x"),
        RedisCommand("INCR", "pipeline:k"),
      ])
      #expect(replies[0] == .status("OK"))
      #expect(replies[1].error?.serverPrefix == "WRONGTYPE")
      #expect(replies[2] == .integer(2))
      #expect(try await client.pipeline([]) == [])
      #expect(try await client.pipeline([RedisCommand("ECHO", "1")]).map(\.string) == ["1"])
    }
  }

  @Test("gives each of many concurrent callers its own reply")
  func concurrency() async throws {
    try await withSharedServer { client async throws in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<2000 {
          group.addTask {
            try await client.execute(RedisCommand("ECHO", RedisArgument(number))).integer == Int64(number)
          }
        }
        for try await isOwn in group { #expect(isOwn) }
      }
    }
  }

  @Test("knows the server by run id and replication id")
  func serverName() async throws {
    try await withSharedServer { client async throws in
      let reply = try await client.execute(RedisCommand("INFO", "server"))
      let name = try #require(client.serverName?.split(separator: "|"))
      #expect(name.count == 2)
      #expect(reply.string?.contains("run_id:\(name[0])\r\n") == true)
    }
  }

  @Test("logs in and selects the database the URL names")
  func login() async throws {
    let server = try await RedisServer.start(arguments: ["--requirepass", "s3cret"])
    try await withClient("redis://:s3cret@127.0.0.1:\(server.port)") { client async throws in
      _ = try await client.execute(RedisCommand("ACL", "SETUSER", "app", "on", ">pässword", "~*", "+@all"))
    }
    for login in [":s3cret", "app:p%C3%A4ssword"] {
      try await withClient("redis://\(login)@127.0.0.1:\(server.port)/3") { client async throws in
        _ = try await client.execute(RedisCommand("SET", "k", "v"))
        #expect(try await client.execute(RedisCommand("CLIENT", "INFO")).string?.contains(" db=3 ") == true)
      }
    }
    try await withRunningClient("redis://:wrong@127.0.0.1:\(server.port)") { client async throws in
      let error = await #expect(throws: RedisError.self) {
        try await client.waitUntilConnected(within: .milliseconds(300))
      }
      #expect(error?.code == .notConnected)
      #expect(error?.detail.contains("WRONGPASS") == true)
      #expect(error?.detail.contains("wrong@") == false)
    }
    try await server.stop()
  }

  @Test("runs a script by its digest, and by its source once the server has lost it")
  func scripts() async throws {
    let server = try await RedisServer.start()
    try await withClient(server.url) { client async throws in
      let script = RedisScript(name: "add", source: "return redis.call('INCRBY', KEYS[1], ARGV[1])")
      #expect(try await client.evaluate(script, keys: ["n"], arguments: [1]) == .integer(1))
      #expect(try await client.evaluate(script, keys: ["n"], arguments: [1]) == .integer(2))
      _ = try await client.execute(RedisCommand("SCRIPT", "FLUSH"))
      #expect(try await client.evaluate(script, keys: ["n"], arguments: [1]) == .integer(3))
      let statistics = try await client.execute(RedisCommand("INFO", "commandstats")).string ?? ""
      #expect(statistics.contains("cmdstat_eval:calls=2,"))
      #expect(statistics.contains("cmdstat_evalsha:calls=3,"))
    }
    try await server.stop()
  }

  @Test("sends only those scripts of a batch again that the server did not know")
  func scriptBatch() async throws {
    let server = try await RedisServer.start()
    try await withClient(server.url) { client async throws in
      let known = RedisScript(name: "known", source: "return redis.call('INCR', KEYS[1])")
      let unknown = RedisScript(name: "unknown", source: "return redis.call('DECR', KEYS[1])")
      let failing = RedisScript(name: "failing", source: "return redis.error_reply('MINE no')")
      _ = try await client.evaluate(known, keys: ["a"], arguments: [])
      let replies = try await client.evaluate([
        RedisScriptCall(known, keys: ["a"], arguments: []),
        RedisScriptCall(unknown, keys: ["b"], arguments: []),
        RedisScriptCall(failing, keys: [], arguments: []), RedisScriptCall(known, keys: ["a"], arguments: []),
      ])
      #expect(replies[0] == .integer(2))
      #expect(replies[1] == .integer(-1))
      #expect(replies[2].error?.serverPrefix == "MINE")
      #expect(replies[3] == .integer(3))
      #expect(try await client.evaluate([]) == [])
    }
    try await server.stop()
  }

  @Test("names its scripts to the server with each connection")
  func scriptsOnConnect() async throws {
    let script = RedisScript(name: "one", source: "return 'loaded \(UInt64.random(in: 0 ... .max))'")
    var settings = RedisClientSettings.test
    settings.scripts = [script]
    try await withSharedServer(settings) { client in
      let known = try await client.execute(RedisCommand("SCRIPT", "EXISTS", RedisArgument(script.sha1)))
      #expect(known.array?.map(\.integer) == [1])
    }
  }

  @Test("blocks on a dedicated connection while the shared ones go on")
  func dedicated() async throws {
    try await withSharedServer { client async throws in
      async let popped = client.withDedicatedConnection { connection async throws in
        try await connection.execute(RedisCommand("BLPOP", "dedicated:list", 20), timeout: .seconds(30))
      }
      #expect(
        try await eventually {
          try await client.execute(RedisCommand("CLIENT", "LIST")).string?.contains("cmd=blpop") == true
        })
      _ = try await client.execute(RedisCommand("RPUSH", "dedicated:list", "item"))
      #expect(try await popped.array?.map(\.string) == ["dedicated:list", "item"])
    }
  }

  @Test("closes a dedicated connection after use, also when its user fails or is cancelled")
  func dedicatedCloses() async throws {
    struct Failure: Error {}
    let server = try await RedisServer.start()
    try await withClient(server.url) { client async throws in
      await #expect(throws: Failure.self) {
        try await client.withDedicatedConnection { connection async throws in
          _ = try await connection.execute(RedisCommand("CLIENT", "SETNAME", "mine"))
          throw Failure()
        }
      }
      let blocked = Task {
        try await client.withDedicatedConnection { connection async throws in
          _ = try await connection.execute(RedisCommand("CLIENT", "SETNAME", "mine"))
          return try await connection.execute(RedisCommand("BLPOP", "none", 0), timeout: .seconds(60))
        }
      }
      #expect(
        try await eventually {
          try await client.execute(RedisCommand("CLIENT", "LIST")).string?.contains("cmd=blpop") == true
        })
      blocked.cancel()
      await #expect(throws: RedisError.self) { try await blocked.value }
      #expect(
        try await eventually {
          try await client.execute(RedisCommand("CLIENT", "LIST")).string?.contains("name=mine") == false
        })
    }
    try await server.stop()
  }
}
