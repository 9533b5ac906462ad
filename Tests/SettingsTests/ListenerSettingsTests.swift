import SystemPackage
import Testing

@testable import Settings

@Suite struct ListenerSettingsTests {
  private static func problems(_ host: String) async throws -> (ListenerSettings, [String]) {
    let reader = try await SettingsReader(environment: ["HOST": host], environmentFile: nil)
    let listener = ListenerSettings(reader: reader, host: "HOST", port: "PORT", defaultPort: 8080)
    return (listener, reader.problems.map(\.name))
  }

  @Test(
    "An address of this machine, or a name of one, can be listened on",
    arguments: [
      ("", "127.0.0.1", true), ("127.0.0.1", "127.0.0.1", true), ("127.9.9.9", "127.9.9.9", true),
      ("0.0.0.0", "0.0.0.0", false), ("127.1", "127.0.0.1", true),
    ])
  func good(host: String, address: String, isLoopback: Bool) async throws {
    let (listener, problems) = try await Self.problems(host)
    #expect(problems == [])
    #expect(listener.address.description == address)
    #expect(listener.isLoopback == isLoopback)
    #expect(listener.port == 8080)
  }

  @Test(
    "What keeps it from listening is told with the settings and a remedy",
    arguments: [
      (Errno.addressInUse, "Address already in use", "another WORKER_PORT"),
      (.permissionDenied, "Permission denied", "a WORKER_PORT above 1023"),
      (.addressNotAvailable, "Cannot assign requested address", "let WORKER_HOST be"),
      (.noMemory, "Cannot allocate memory", "check both"),
    ])
  func failure(error: Errno, reason: String, remedy: String) async throws {
    let reader = try await SettingsReader(environment: ["WORKER_HOST": "localhost"], environmentFile: nil)
    let settings = ListenerSettings(
      reader: reader, host: "WORKER_HOST", port: "WORKER_PORT", defaultPort: 8081)
    let failure = settings.failure(error)
    #expect(failure.exitCode == .failure)
    let beginning = "WORKER_HOST, WORKER_PORT: cannot listen on localhost, port 8081: \(reason): "
    #expect(failure.description.hasPrefix(beginning))
    #expect(failure.description.contains(remedy))
  }

  @Test("localhost is loopback, by whichever kind of address")
  func localhost() async throws {
    let (listener, problems) = try await Self.problems("localhost")
    #expect(problems == [] && listener.isLoopback)
  }

  @Test(
    "Anything else is a bad setting",
    arguments: [
      "999.1.1.1", "no such host", "nowhere.invalid", "203.0.113.9", "2001:db8::9", "127.0.0.1:80",
      "http://127.0.0.1",
      "127.0.0.1/8", "[::1]", "*", "-", "\u{7f}",
    ])
  func bad(host: String) async throws {
    #expect(try await Self.problems(host).1 == ["HOST"])
  }
}
