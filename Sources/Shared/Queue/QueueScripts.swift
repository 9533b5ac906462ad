package import Foundation
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
  package var erase: RedisScript

  /// Those of this build, from `Scripts/`. A build without them is broken, which ends the process.
  package static let bundled = QueueScripts(folder: bundledFolder)

  /// Those of another release, as it left them in a folder; what it did not have yet is taken from this build.
  package init(folder: URL) {
    func load(_ name: String) -> RedisScript {
      let hasOwn = FileManager.default.fileExists(atPath: Self.file(name, in: folder).path)
      return Self.script(name, in: hasOwn ? folder : Self.bundledFolder)
    }
    enqueue = load("enqueue")
    reserve = load("reserve")
    reconcile = load("reconcile")
    settle = load("settle")
    heartbeat = load("heartbeat")
    reap = load("reap")
    stats = load("stats")
    inspect = load("inspect")
    replay = load("replay")
    discard = load("discard")
    pause = load("pause")
    unarchived = load("unarchived")
    archive = load("archive")
    purge = load("purge")
    restore = load("restore")
    erase = load("erase")
  }

  /// All of them, for a server to know before the first call.
  package var all: [RedisScript] {
    [
      enqueue, reserve, reconcile, settle, heartbeat, reap, stats, inspect, replay, discard, pause,
      unarchived,
      archive, purge, restore, erase,
    ]
  }

  private static let bundledFolder = Bundle.module.bundleURL.appending(path: "Scripts")

  /// All but `enqueue` include `shared.lua`.
  private static func script(_ name: String, in folder: URL) -> RedisScript {
    let source = source(of: name, in: folder)
    guard name != "enqueue" else { return RedisScript(name: name, source: source) }
    return RedisScript(name: name, source: source, including: self.source(of: "shared", in: folder))
  }

  private static func source(of name: String, in folder: URL) -> String {
    do {
      return try String(contentsOf: file(name, in: folder), encoding: .utf8)
    } catch {
      preconditionFailure("the script \(name) is missing from \(folder.path): \(error)")
    }
  }

  private static func file(_ name: String, in folder: URL) -> URL { folder.appending(path: "\(name).lua") }
}
