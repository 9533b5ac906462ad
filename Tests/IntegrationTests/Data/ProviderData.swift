import Foundation
import Testing

/// The provider data that tests replay: real dialogues and hand-made edge cases, which are not part of this project.
///
/// `FRESHET_DATA` names their folder; by default it is `../shared/data`, seen from the package.
enum ProviderData {
  private static let folder: URL = {
    if let named = ProcessInfo.processInfo.environment["FRESHET_DATA"] { return URL(fileURLWithPath: named) }
    let package = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { path, _ in
      path.deletingLastPathComponent()
    }
    return package.deletingLastPathComponent().appendingPathComponent("shared/data")
  }()

  /// The lines of a file; nil, and a warning in the test's result, when it is absent.
  static func lines(of name: String, sourceLocation: SourceLocation = #_sourceLocation) -> [Data]? {
    let file = folder.appendingPathComponent(name)
    guard let content = try? Data(contentsOf: file) else {
      Issue.record(
        "\(file.path) is absent: this run used a small set of our own. FRESHET_DATA names another folder.",
        severity: .warning, sourceLocation: sourceLocation)
      return nil
    }
    return content.split(separator: UInt8(ascii: "\n")).map { Data($0) }
  }
}
