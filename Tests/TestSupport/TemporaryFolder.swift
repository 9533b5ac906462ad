import Foundation

/// Folders for tests; removed when the test process is gone.
package enum TemporaryFolder {
  /// Creates an empty folder and returns its path.
  package static func create(_ purpose: String) throws -> String {
    let path = "\(LifeLine.folder)/\(purpose)-\(UUID().uuidString.lowercased())"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }
}
