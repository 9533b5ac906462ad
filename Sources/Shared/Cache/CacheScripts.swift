internal import Foundation
internal import Redis

/// The three scripts, each headed by its keys, arguments and results.
struct CacheScripts: Sendable {
  var acquire = resource("acquire")
  var fill = resource("fill")
  var invalidate = resource("invalidate")

  /// Read once per process: they are part of the program.
  static let bundled = CacheScripts()

  private static func resource(_ name: String) -> RedisScript {
    guard
      let file = Bundle.module.url(forResource: name, withExtension: "lua", subdirectory: "Scripts"),
      let bytes = FileManager.default.contents(atPath: file.path)
    else { preconditionFailure("the resource Scripts/\(name).lua of the module Cache is missing") }
    return RedisScript(name: "cache.\(name)", source: String(decoding: bytes, as: UTF8.self))
  }
}
