import Postgres
import Redis
import Settings
import Testing

@Suite struct BackendSettingsTests {
  private static let database = ["DATABASE_URL": "postgresql://u:p@db/app"]

  @Test("Roles default to the one URL, and Redis to its parts")
  func defaults() async throws {
    let settings = try #require(try await read(Self.database))
    #expect("\(settings.writeURL)".contains("@db"))
    #expect(settings.directURL == settings.writeURL)
    #expect(settings.replicaURLs.isEmpty)
    #expect("\(settings.cacheURL)" == "redis://localhost:6379/0")
    #expect(settings.cacheURL == settings.queueURL)
  }

  @Test("Each role can have its own URL")
  func roles() async throws {
    let settings = try #require(
      try await read([
        "DATABASE_URL": "postgresql://u:p@db/app", "DATABASE_WRITE_URL": "postgresql://u:p@primary/app",
        "DATABASE_DIRECT_URL": "postgresql://u:p@direct/app",
        "DATABASE_READ_URL": "postgresql://u:p@r1,r2/app,postgres://u:p@r3/app",
        "REDIS_CACHE_URL": "redis://cache:1/2",
        "REDIS_QUEUE_URL": "rediss://queue", "DATABASE_PREPARED_STATEMENTS": "off",
      ]))
    #expect("\(settings.writeURL)".contains("primary"))
    #expect("\(settings.directURL)".contains("direct"))
    #expect(settings.replicaURLs.count == 2)
    #expect(!settings.postgresSettings.preparedStatements)
    #expect("\(settings.cacheURL)" == "redis://cache:1/2")
    #expect(settings.queueURL.isTLS)
  }

  @Test("A read URL that names the primary is no replica")
  func readsFromPrimary() async throws {
    let url = "postgresql://u:p@db/app"
    let settings = try #require(try await read(["DATABASE_URL": url, "DATABASE_READ_URL": url]))
    #expect(settings.replicaURLs.isEmpty)
  }

  @Test(
    "What is missing or malformed is reported under its own name, without the password",
    arguments: [
      ([:], "DATABASE_URL"), (["DATABASE_URL": "mysql://u:hunter2@db"], "DATABASE_URL"),
      (["DATABASE_URL": "postgresql://db", "REDIS_URL": "http://hunter2@x"], "REDIS_URL"),
      (["DATABASE_URL": "postgresql://db", "REDIS_QUEUE_URL": "hunter2"], "REDIS_QUEUE_URL"),
      (["DATABASE_URL": "postgresql://db", "CACHE_MODE": "sometimes"], "CACHE_MODE"),
      (["DATABASE_URL": "postgresql://u:hunter2@db:99999999"], "DATABASE_URL"),
      (
        ["DATABASE_URL": "postgresql://db", "DATABASE_WRITE_URL": "postgresql://u:hunter2@db:65536"],
        "DATABASE_WRITE_URL"
      ),
      (
        ["DATABASE_URL": "postgresql://db", "DATABASE_DIRECT_URL": "postgresql://u:hunter2@db:0"],
        "DATABASE_DIRECT_URL"
      ),
      (
        [
          "DATABASE_URL": "postgresql://db",
          "DATABASE_READ_URL": "postgresql://r1:1,r2:65536,postgresql://u:hunter2@r3",
        ], "DATABASE_READ_URL"
      ),
      (["DATABASE_URL": "postgresql://db", "REDIS_URL": "redis://:hunter2@x:99999999"], "REDIS_URL"),
      (["DATABASE_URL": "postgresql://db", "REDIS_PORT": "65536"], "REDIS_PORT"),
    ] as [([String: String], String)])
  func problems(environment: [String: String], name: String) async throws {
    let reader = try await SettingsReader(environment: environment, environmentFile: nil)
    _ = BackendSettings(reader: reader)
    #expect(reader.problems.map(\.name) == [name])
    #expect(!reader.problems.map(\.description).joined().contains("hunter2"))
  }

  private func read(_ environment: [String: String]) async throws -> BackendSettings? {
    let reader = try await SettingsReader(environment: environment, environmentFile: nil)
    let settings = BackendSettings(reader: reader)
    try reader.finish()
    return settings
  }
}
