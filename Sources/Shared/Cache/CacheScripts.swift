internal import Foundation
internal import Redis

/// The Lua scripts, each headed by its keys, arguments and results.
struct CacheScripts: Sendable {
  var acquire = resource("acquire")
  var fill = resource("fill")
  var invalidate = resource("invalidate")
  var trust = resource("trust")

  /// Read once per process: they are part of the program.
  static let bundled = CacheScripts()

  /// Each begins with `shared.lua`, put between its first line, which must stay first, and the rest.
  private static func resource(_ name: String) -> RedisScript {
    let parts = source(of: name).split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    return RedisScript(name: "cache.\(name)", source: "\(parts[0])\n\(source(of: "shared"))\n\(parts[1])")
  }

  private static func source(of name: String) -> String {
    guard
      let file = Bundle.module.url(forResource: name, withExtension: "lua", subdirectory: "Scripts"),
      let bytes = FileManager.default.contents(atPath: file.path)
    else { preconditionFailure("the resource Scripts/\(name).lua of the module Cache is missing") }
    return String(decoding: bytes, as: UTF8.self)
  }
}
