import Settings
import Testing

@testable import APIService

@Suite struct DoctorSettingsTests {
  private static let good = [
    "DATABASE_URL": "postgresql://db/app", "REDIS_URL": "redis://redis", "WEBHOOK_AUTH": "none",
    "JWT_JWKS_FILE": "/keys",
  ]

  private static func settings(_ changes: [String: String]) async throws -> DoctorSettings {
    DoctorSettings(
      reader: try await SettingsReader(environment: good.merging(changes) { $1 }, environmentFile: nil))
  }

  @Test("With good settings everything is looked at")
  func good() async throws {
    let settings = try await Self.settings([
      "DATABASE_DIRECT_URL": "postgresql://direct/app", "DATABASE_READ_URL": "postgresql://replica/app",
    ])
    #expect(settings.failure == nil)
    #expect(settings.writeURL != nil && settings.directURL != nil && settings.replicaURLs.count == 1)
    #expect(settings.cacheURL != nil && settings.queueURL != nil && settings.keySource != nil)
  }

  @Test("The primary is looked at once, by whichever names")
  func same() async throws {
    let url = try #require(Self.good["DATABASE_URL"])
    let settings = try await Self.settings(["DATABASE_DIRECT_URL": url, "DATABASE_READ_URL": url])
    #expect(settings.directURL == nil && settings.replicaURLs.isEmpty)
  }

  @Test(
    "A bad setting hides what it leads to, and nothing else",
    arguments: [
      ("PORT", []), ("DATABASE_WRITE_URL", ["primary"]), ("DATABASE_DIRECT_URL", ["direct"]),
      ("REDIS_CACHE_URL", ["cache"]), ("REDIS_QUEUE_URL", ["queue"]), ("REDIS_URL", ["cache", "queue"]),
      ("DATABASE_URL", ["primary"]), ("AUTH_MODE", []), ("QUEUE_SHARDS", []),
    ])
  func bad(name: String, hidden: [String]) async throws {
    var changes = ["DATABASE_DIRECT_URL": "postgresql://direct/app"]
    changes[name] = "nonsense"
    let settings = try await Self.settings(changes)
    #expect(settings.failure?.exitCode == .configuration)
    #expect(settings.failure?.description == "1 setting cannot be used")
    #expect((settings.writeURL == nil) == hidden.contains("primary"))
    #expect((settings.directURL == nil) == hidden.contains("direct"))
    #expect((settings.cacheURL == nil) == hidden.contains("cache"))
    #expect((settings.queueURL == nil) == hidden.contains("queue"))
    #expect(settings.keySource != nil)
  }
}
