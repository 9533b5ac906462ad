import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// What the `healthcheck` commands of both programs do.
package enum HealthProbe {
  /// The URL as given, else the readiness of the program's own listener.
  ///
  /// - Parameters:
  ///   - host: The setting's name, such as `HOST`.
  ///   - port: The setting's name, such as `PORT`.
  package static func target(_ url: String?, host: String, port: String, defaultPort: Int) async throws
    -> String
  {
    if let url { return url }
    let reader = try await SettingsReader()
    let number = reader.integer(port, default: defaultPort, in: 1...65535)
    let name = reader.string(host) ?? "127.0.0.1"
    try reader.finish()
    let isWildcard = name == "0.0.0.0" || name == "::"
    let reachable = isWildcard ? "127.0.0.1" : name.contains(":") ? "[\(name)]" : name
    return "http://\(reachable):\(number)/health/ready"
  }

  /// Returns when the URL answers 200 within 3 s.
  package static func ask(_ url: String) async throws {
    do {
      let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(3))
      guard response.status == .ok else {
        throw ProgramFailure(.failure, "\(url) answered \(response.status.code)")
      }
    } catch let failure as ProgramFailure {
      throw failure
    } catch {
      throw ProgramFailure(.failure, "\(url) does not answer: \(error)")
    }
  }
}
