import Foundation
import TestSupport

/// What a one-shot command printed, on both outputs, and its exit code.
struct ProgramEnd: Sendable, CustomStringConvertible {
  let code: Int32
  let text: String

  var description: String { "\(code): \(text)" }

  /// The one JSON object that it printed.
  func object() throws -> [String: Any] {
    guard let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else {
      throw IntegrationError("no JSON object: \(text)")
    }
    return object
  }
}

/// Runs a command to its end.
func run(
  _ kind: ProgramKind, _ arguments: [String], _ environment: [String: String] = [:]
) async throws -> ProgramEnd {
  try await end(of: Installation.build.start(kind, arguments, environment))
}

/// Waits for a program that is on its way.
func end(of process: ChildProcess, within limit: Duration = .seconds(30)) async throws -> ProgramEnd {
  defer { process.kill() }
  let exit = try await process.wait(within: limit)
  try await process.waitForOutputEnd()
  guard case .code(let code) = exit else { throw IntegrationError("\(exit): \(process.lines)") }
  return ProgramEnd(code: code, text: process.lines.joined(separator: "\n"))
}
