import Foundation

/// The project's own programs, as the build that made the tests made them.
package enum BuiltProduct {
  /// The path of an executable product, which lies beside the test bundle.
  package static func path(_ name: String) throws -> String {
    let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let path = URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent(name).path
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw TestSupportError("\(path) is not built")
    }
    return path
  }
}
