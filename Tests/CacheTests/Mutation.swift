import Redis
import Testing

@testable import Cache

/// A way of breaking the protocol on purpose: the test must notice each of them.
struct Mutation: Sendable, CustomTestStringConvertible {
  var name = "none"
  var scripts = CacheScripts.bundled
  var readsAnyReplica = false
  var joinsByKeyAlone = false

  var testDescription: String { name }

  /// The protocol as it is.
  static let none = Mutation()

  static let all: [Mutation] = [
    broken("no epoch check in FILL") {
      // The value carries the epoch it was leased under, which alone would keep it from being served.
      $0.scripts.fill = $0.scripts.fill.replacing("if epoch ~= lease_epoch then", by: "if not epoch then")
        .replacing("'SET', KEYS[2], bytes,", by: "'SET', KEYS[2], bytes:sub(1, 8) .. epoch .. bytes:sub(41),")
    },
    broken("counted epochs") {
      $0.scripts.acquire = $0.scripts.acquire.replacing(
        "epoch, floor = ARGV[3], '?'", by: "epoch, floor = string.rep('0', 31) .. '1', '?'"
      )
      $0.scripts.invalidate = $0.scripts.invalidate.replacing(
        "KEYS[1], ARGV[1] ..", by: "KEYS[1], string.format('%032x', tonumber(epoch, 16) + 1) ..")
    },
    broken("floor ignored") {
      $0.readsAnyReplica = true
      $0.scripts.fill = $0.scripts.fill.replacing("not from_primary and (", by: "false and (")
    },
    broken("unknown floor accepted") {
      $0.readsAnyReplica = true
      $0.scripts.fill = $0.scripts.fill.replacing("(floor == '?' or ", by: "(")
    },
    broken("flights joined by key alone") { $0.joinsByKeyAlone = true },
  ]

  private static func broken(_ name: String, _ change: (inout Mutation) -> Void) -> Mutation {
    var mutation = Mutation(name: name)
    change(&mutation)
    return mutation
  }
}

extension RedisScript {
  fileprivate func replacing(_ text: String, by other: String) -> RedisScript {
    precondition(source.contains(text), "\(name) does not contain \(text)")
    return RedisScript(name: name, source: source.replacing(text, with: other))
  }
}
