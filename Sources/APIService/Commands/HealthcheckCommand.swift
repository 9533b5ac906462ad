import ArgumentParser
import AsyncHTTPClient
import NIOCore
import Settings

/// For containers without curl: exit code 0 when ready, 1 when not.
struct HealthcheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "healthcheck", abstract: "Exit with 0 when the service is ready, with 1 when it is not.")

  @Option(help: "The URL to ask; by default our own listener's /health/ready, from HOST and PORT.")
  var url: String?

  func run() async throws {
    let target = try await url ?? Self.ownURL()
    do {
      let response = try await HTTPClient.shared.execute(
        HTTPClientRequest(url: target), timeout: .seconds(3))
      guard response.status == .ok else {
        throw ProgramFailure(.failure, "\(target) answered \(response.status.code)")
      }
    } catch let failure as ProgramFailure {
      throw failure
    } catch {
      throw ProgramFailure(.failure, "\(target) does not answer: \(error)")
    }
  }

  private static func ownURL() async throws -> String {
    let reader = try await SettingsReader()
    let port = reader.integer("PORT", default: 8080, in: 1...65535)
    let host = reader.string("HOST") ?? "127.0.0.1"
    try reader.finish()
    return "http://\(host == "0.0.0.0" ? "127.0.0.1" : host):\(port)/health/ready"
  }
}
