internal import Crypto

/// A Lua script, known to Redis by the SHA-1 of its source.
package struct RedisScript: Sendable, Hashable {
  /// For logs and metrics; Redis never sees it.
  package let name: String
  package let source: String
  /// Lower-case hex, the form `EVALSHA` takes.
  package let sha1: String

  package init(name: String, source: String) {
    self.name = name
    self.source = source
    sha1 = Self.hex(Insecure.SHA1.hash(data: Array(source.utf8)))
  }

  /// - Parameter shared: what several scripts use, put between the first line, which must stay first, and the rest.
  package init(name: String, source: String, including shared: String) {
    let parts = source.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    self.init(name: name, source: "\(parts[0])\n\(shared)\n\(parts[1])")
  }

  private static func hex(_ digest: Insecure.SHA1Digest) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let bytes = digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// One run of a script.
package struct RedisScriptCall: Sendable, Hashable {
  package let script: RedisScript
  /// Every key the script touches, so that Redis Cluster can route it.
  package let keys: [RedisArgument]
  package let arguments: [RedisArgument]

  package init(_ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument]) {
    self.script = script
    self.keys = keys
    self.arguments = arguments
  }

  /// Runs the script if the server has it, else is answered with `NOSCRIPT`.
  package var byDigest: RedisCommand { command("EVALSHA", RedisArgument(script.sha1)) }

  /// Runs the script from its source, which the server then keeps.
  var bySource: RedisCommand { command("EVAL", RedisArgument(script.source)) }

  private func command(_ name: String, _ body: RedisArgument) -> RedisCommand {
    var words = [body, RedisArgument(keys.count)]
    words.reserveCapacity(words.count + keys.count + arguments.count)
    words += keys
    words += arguments
    return RedisCommand(name, words)
  }
}
