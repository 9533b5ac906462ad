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

  /// Each includes `shared.lua`.
  private static func resource(_ name: String) -> RedisScript {
    RedisScript(name: "cache.\(name)", source: source(of: name), including: source(of: "shared"))
  }

  private static func source(of name: String) -> String {
    guard
      let file = Bundle.module.url(forResource: name, withExtension: "lua", subdirectory: "Scripts"),
      let bytes = FileManager.default.contents(atPath: file.path)
    else { preconditionFailure("the resource Scripts/\(name).lua of the module Cache is missing") }
    return String(decoding: bytes, as: UTF8.self)
  }
}
