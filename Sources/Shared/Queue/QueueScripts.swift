internal import Foundation
package import Redis

/// The Lua scripts, each a transition of the queue that happens whole or not at all.
package struct QueueScripts: Sendable {
  package var enqueue: RedisScript
  package var reserve: RedisScript
  package var reconcile: RedisScript
  package var settle: RedisScript
  package var heartbeat: RedisScript
  package var reap: RedisScript
  package var stats: RedisScript
  package var inspect: RedisScript
  package var replay: RedisScript
  package var discard: RedisScript
  package var pause: RedisScript
  package var unarchived: RedisScript
  package var archive: RedisScript
  package var purge: RedisScript
  package var restore: RedisScript

  /// Those of this build, from `Scripts/`. A build without them is broken, which ends the process.
  package static let bundled = QueueScripts()

  private init() {
    enqueue = RedisScript(name: "enqueue", source: Self.source(of: "enqueue"))
    reserve = Self.withShared("reserve")
    reconcile = Self.withShared("reconcile")
    settle = Self.withShared("settle")
    heartbeat = Self.withShared("heartbeat")
    reap = Self.withShared("reap")
    stats = Self.withShared("stats")
    inspect = Self.withShared("inspect")
    replay = Self.withShared("replay")
    discard = Self.withShared("discard")
    pause = Self.withShared("pause")
    unarchived = Self.withShared("unarchived")
    archive = Self.withShared("archive")
    purge = Self.withShared("purge")
    restore = Self.withShared("restore")
  }

  /// The script with `shared.lua` put between its first line, which must stay first, and the rest.
  private static func withShared(_ name: String) -> RedisScript {
    let parts = source(of: name).split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    return RedisScript(name: name, source: "\(parts[0])\n\(source(of: "shared"))\n\(parts[1])")
  }

  private static func source(of name: String) -> String {
    let file = Bundle.module.bundleURL.appending(path: "Scripts/\(name).lua")
    do {
      return try String(contentsOf: file, encoding: .utf8)
    } catch {
      preconditionFailure("the script \(name) is missing from this build: \(error)")
    }
  }
}
