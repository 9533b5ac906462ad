import Foundation
import TestSupport

/// The two programs.
enum ProgramKind: String {
  case api = "APIService"
  case worker = "WebhookWorker"

  /// The settings that say where it listens.
  var portSetting: String { self == .api ? "PORT" : "WORKER_PORT" }
}

/// A folder with both programs, and where they are started from.
struct Installation: Sendable {
  /// The folder; nil is that of the build, beside the tests.
  private let folder: String?
  private let workingDirectory: String?

  /// What the build that made the tests made.
  static let build = Installation(folder: nil, workingDirectory: nil)

  /// The folder of the build.
  static func buildFolder() throws -> String {
    URL(fileURLWithPath: try build.path(.api)).deletingLastPathComponent().path
  }

  /// Copies what `make install` copies, the programs and their resources, to a new folder.
  static func copyOfBuild(_ programs: [ProgramKind] = [.api, .worker]) throws -> String {
    let folder = try TemporaryFolder.create("installation")
    let build = try buildFolder()
    let resources = try FileManager.default.contentsOfDirectory(atPath: build)
      .filter { $0.hasPrefix("freshet_") && $0.hasSuffix(".resources") }
    guard resources.count >= 3 else { throw IntegrationError("only \(resources) in \(build)") }
    for name in resources + programs.map(\.rawValue) {
      try FileManager.default.copyItem(atPath: "\(build)/\(name)", toPath: "\(folder)/\(name)")
    }
    return folder
  }

  /// A copy elsewhere, run from the root folder.
  static func copied(to folder: String) -> Installation {
    Installation(folder: folder, workingDirectory: "/")
  }

  func path(_ kind: ProgramKind) throws -> String {
    try folder.map { "\($0)/\(kind.rawValue)" } ?? BuiltProduct.path(kind.rawValue)
  }

  /// Starts a program. An empty working directory keeps a developer's `.env` out.
  func start(
    _ kind: ProgramKind, _ arguments: [String] = [], _ environment: [String: String] = [:]
  ) throws -> ChildProcess {
    try ChildProcess(
      path(kind), arguments, environment: environment,
      folder: workingDirectory ?? TemporaryFolder.create("program"))
  }
}
