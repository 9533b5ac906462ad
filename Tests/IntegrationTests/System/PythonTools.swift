import Foundation
import TestSupport

/// The Python of `.build/python-tools`, made when it is not there yet.
enum PythonTools {
  // A bare task: whoever asks first starts it, everyone awaits the same value.
  private static let folder = Task {
    let end = try await end(of: try ChildProcess("deploy/scripts/python-tools.sh"), within: .seconds(300))
    guard end.code == 0, let folder = end.text.split(separator: "\n").last else {
      throw IntegrationError("python-tools.sh: \(end)")
    }
    return String(folder)
  }

  /// The path of one of its programs.
  static func path(_ program: String) async throws -> String { "\(try await folder.value)/\(program)" }

  /// The lines that a Python program prints.
  static func run(_ arguments: [String]) async throws -> [String] {
    let end = try await end(of: try ChildProcess(path("python"), arguments))
    guard end.code == 0 else { throw IntegrationError("python: \(end)") }
    return end.text.split(separator: "\n").map(String.init)
  }
}
