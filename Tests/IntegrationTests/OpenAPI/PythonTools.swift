import Foundation
import TestSupport

/// Programs of PyPI in the versions of deploy/scripts/python-tools.txt, which judge the product from outside.
enum PythonTools {
  // A bare task: whoever asks first makes the environment, everyone awaits the same folder.
  private static let folder = Task {
    let tools = try ChildProcess("deploy/scripts/python-tools.sh", folder: packageFolder)
    let made = try await end(of: tools, within: .seconds(300))
    guard made.code == 0, let folder = made.text.split(separator: "\n").last else {
      throw IntegrationError("python-tools.sh: \(made)")
    }
    return String(folder)
  }

  /// Where the package lies.
  static let packageFolder = URL(filePath: #filePath).appending(path: "../../../..").standardized.path()

  /// Runs one of them to its end.
  static func run(
    _ program: String, _ arguments: [String], _ environment: [String: String] = [:],
    within limit: Duration = .seconds(60)
  ) async throws -> ProgramEnd {
    let process = try ChildProcess(
      "\(try await folder.value)/\(program)", arguments, environment: environment,
      folder: try TemporaryFolder.create(program))
    return try await end(of: process, within: limit)
  }
}
