import Cache
import HTTPTypes
import RateLimit
import Settings
import Testing

@testable import APIService

@Suite struct RateLimitSettingsTests {
  private static func settings(_ environment: [String: String]) async throws -> (RateLimitSettings, [String])
  {
    let reader = try await SettingsReader(environment: environment, environmentFile: nil)
    let settings = RateLimitSettings(reader: reader)
    return (settings, reader.problems.map(\.name))
  }

  @Test("Users have 100 requests in 60 seconds, services any number, and instances count while Redis is away")
  func defaults() async throws {
    let (settings, problems) = try await Self.settings([:])
    #expect(settings.user == Quota(requests: 100, windowSeconds: 60))
    #expect(settings.service == nil)
    #expect(settings.onStoreError == .local)
    #expect(problems.isEmpty)
  }

  @Test("0 turns either limit off, and the window is that of both")
  func values() async throws {
    let (settings, problems) = try await Self.settings([
      "RATE_LIMIT_REQUESTS": "0", "RATE_LIMIT_SERVICE_REQUESTS": "2000", "RATE_LIMIT_WINDOW_SECONDS": "10",
      "RATE_LIMIT_ON_STORE_ERROR": "deny",
    ])
    #expect(settings.user == nil)
    #expect(settings.service == Quota(requests: 2000, windowSeconds: 10))
    #expect(settings.onStoreError == .deny)
    #expect(problems.isEmpty)
  }

  @Test(
    "Whatever is no number in range is reported, all of it at once",
    arguments: ["-1", "1000001", "many", "1.5", "0x10", " 5"])
  func wrong(value: String) async throws {
    let names = ["RATE_LIMIT_REQUESTS", "RATE_LIMIT_SERVICE_REQUESTS", "RATE_LIMIT_WINDOW_SECONDS"]
    var environment = Dictionary(uniqueKeysWithValues: names.map { ($0, value) })
    environment["RATE_LIMIT_ON_STORE_ERROR"] = value
    let (_, problems) = try await Self.settings(environment)
    #expect(Set(problems) == Set(names + ["RATE_LIMIT_ON_STORE_ERROR"]))
  }

  @Test("A window has at least a second")
  func window() async throws {
    #expect(try await Self.settings(["RATE_LIMIT_WINDOW_SECONDS": "0"]).1 == ["RATE_LIMIT_WINDOW_SECONDS"])
  }
}

@Suite struct RateLimitFieldsTests {
  @Test(
    "Waiting for the seconds told is always enough",
    arguments: [
      (Duration.zero, 0), (.milliseconds(1), 1), (.seconds(1), 1), (.milliseconds(1001), 2),
    ] as [(Duration, Int64)])
  func seconds(wait: Duration, told: Int64) {
    #expect(wait.wholeSeconds == told)
  }

  @Test("A failure on a limited route is answered like its cause, with the limit's fields")
  func failure() {
    let failure = LimitedFailure(cause: Problem.notFound, fields: [.rateLimit: "\"default\";r=1;t=2"])
    let problem = Problem(failure)
    #expect(problem.status == .notFound && problem.code == Problem.notFound.code)
    #expect(problem.headers[.rateLimit] == "\"default\";r=1;t=2")
    #expect("\(failure)" == "\(Problem.notFound)")
  }
}
