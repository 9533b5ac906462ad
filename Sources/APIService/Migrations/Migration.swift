import Conversations
import Foundation
import Settings

/// One file of `deploy/migrations`, which travels with the program as a resource.
struct Migration: Sendable {
  /// The file's name without its ending; migrations apply in the order of their names.
  let name: String
  let sql: String

  /// What was applied must not be edited later; this tells.
  var checksum: String { hexadecimalSHA256(of: Array(sql.utf8).span) }

  /// All migrations beside the program.
  static func bundled() throws -> [Migration] {
    guard let folder = Bundle.module.url(forResource: "migrations", withExtension: nil) else {
      throw ProgramFailure(.failure, "the folder freshet_APIService.resources is missing beside the program")
    }
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "sql" }
      .map { file in
        Migration(
          name: file.deletingPathExtension().lastPathComponent,
          sql: try String(contentsOf: file, encoding: .utf8))
      }
      .sorted { $0.name < $1.name }
  }
}
