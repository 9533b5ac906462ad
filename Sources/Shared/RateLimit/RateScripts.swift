internal import Foundation
package import Redis

/// The Lua scripts, each headed by its keys, arguments and results.
package enum RateScripts {
  static let log = script("log", including: "shared")
  static let counter = script("counter", including: "shared")

  /// To be made known to a server before the first request.
  package static let all = [log, counter]

  private static func script(_ name: String, including shared: String) -> RedisScript {
    RedisScript(name: "rate.\(name)", source: source(of: name), including: source(of: shared))
  }

  static func source(of name: String) -> String {
    guard
      let file = Bundle.module.url(forResource: name, withExtension: "lua", subdirectory: "Scripts"),
      let bytes = FileManager.default.contents(atPath: file.path)
    else { preconditionFailure("the resource Scripts/\(name).lua of the module RateLimit is missing") }
    return String(decoding: bytes, as: UTF8.self)
  }
}
