import Foundation
import TestSupport

/// An APIService or a WebhookWorker that answers.
struct RunningProgram: Sendable {
  let process: ChildProcess
  /// `http://127.0.0.1:<port>`.
  let base: String

  /// Returns when it is ready; tries another port when somebody was faster.
  static func start(
    _ kind: ProgramKind, _ environment: [String: String], from installation: Installation
  ) async throws -> RunningProgram {
    for _ in 1..<3 {
      do { return try await attempt(kind, environment, installation) } catch let error as IntegrationError
        where error.description.contains("Address already in use")
      { continue }
    }
    return try await attempt(kind, environment, installation)
  }

  private static func attempt(
    _ kind: ProgramKind, _ environment: [String: String], _ installation: Installation
  ) async throws -> RunningProgram {
    let port = FreePort.next()
    let process = try installation.start(
      kind, [], environment.merging([kind.portSetting: String(port)]) { given, _ in given })
    let program = RunningProgram(process: process, base: "http://127.0.0.1:\(port)")
    do {
      try await process.waitForLine(containing: "listening")
      guard try await eventually(within: .seconds(20), { await program.isReady() }) else {
        throw IntegrationError("not ready")
      }
      return program
    } catch {
      process.kill()
      throw IntegrationError("\(kind): \(error)\n\(process.lines.suffix(20).joined(separator: "\n"))")
    }
  }

  /// Whether readiness answers 200.
  func isReady() async -> Bool {
    // Refused connections count as not ready.
    (try? await Client(base: base).get("/health/ready"))?.status == 200
  }
}
