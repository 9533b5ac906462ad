import TestSupport

/// A system that is broken on purpose, from outside; the checker must notice.
enum ConsistencyBreak: String, CaseIterable, Sendable, CustomStringConvertible {
  case noInvalidation = "INVALIDATE does nothing"
  case oldValues = "old values come back under the current epoch"
  case forgedFence = "a failover to an old copy that the fence vouches for"

  var description: String { rawValue }

  /// Those that go together on one stage.
  static let groups: [[ConsistencyBreak]] = [[.noInvalidation], [.oldValues, .forgedFence]]

  /// What the programs are started from.
  static func installation(_ group: [ConsistencyBreak]) throws -> Installation {
    guard group == [.noInvalidation] else { return .build }
    let folder = try Installation.copyOfBuild()
    try ScriptEdit(
      "invalidate",
      "redis.call('SET', KEYS[1], ARGV[1] .. '|' .. highest(floor, ARGV[2]), 'PX', EPOCH_MS)", ""
    ).apply(in: "\(folder)/freshet_Cache.resources/Scripts")
    return .copied(to: folder)
  }

  /// What is done to the running system.
  var fault: ConsistencyFault {
    switch self {
    case .noInvalidation:
      ConsistencyFault(rawValue) { _ in try await Task.sleep(for: .seconds(3)) }
    case .oldValues:
      ConsistencyFault(rawValue) { stage in
        for _ in 0..<4 {
          _ = try await stage.cache.primary.run("EVAL", Self.bringBack, "0")
          try await Task.sleep(for: .milliseconds(700))
        }
        // What comes next is to be noticed for itself.
        _ = try await stage.cache.primary.run("FLUSHALL")
      }
    case .forgedFence: ConsistencyFault(rawValue, play: Self.forge)
    }
  }

  /// At the first call keeps a copy of each value, at the later ones puts it back in the place of what is there.
  private static let bringBack = """
    for _, key in ipairs(redis.call('KEYS', 'conversation:*:v*:body')) do
      local value, copy = redis.call('GET', key), redis.call('GET', 'copy:' .. key)
      if copy then
        redis.call('SET', key, string.sub(copy, 1, 8) .. string.sub(value, 9, 40) .. string.sub(copy, 41), 'KEEPTTL')
      else
        redis.call('SET', 'copy:' .. key, value)
      end
    end
    """

  /// The replica misses writes and is promoted. No relay catches up on it, and yet its watermark carries its name.
  private static let forge: @Sendable (ConsistencyStage) async throws -> Void = { stage in
    try await stage.cache.partition()
    try await Task.sleep(for: .seconds(2))
    let timeline =
      try await stage.cache.primary.run("GET", "cache:watermark")
      .first?.split(separator: "|").last ?? ""
    let usurper = try await stage.seizeRelay()
    defer { usurper.kill() }
    try await stage.cache.promoteReplica()
    let script = """
      local function field(section, name)
        return string.match(redis.call('INFO', section), name .. ':(%x+)')
      end
      local name = field('server', 'run_id') .. '|' .. field('replication', 'master_replid') .. '|\(timeline)'
      return redis.call('SET', 'cache:watermark', name, 'PX', 5000)
      """
    let primary = stage.cache.primary
    let forger = try ChildProcess(
      "redis-cli", ["-p", String(primary.port), "-r", "-1", "-i", "0.05", "EVAL", script, "0"])
    defer { forger.kill() }
    try await forger.waitForLine(containing: "OK")
    for instance in stage.instances { try await instance.cache.forward(to: primary.port) }
    try await Task.sleep(for: .seconds(3))
    try await stage.cache.rejoin()
  }
}

extension ConsistencyStage {
  /// Takes the relay's lock, so that nobody leads until the returned process is killed.
  fileprivate func seizeRelay() async throws -> ChildProcess {
    let leader = try await relayLeader().name
    let lock = try await system.rows(
      """
      SELECT l.classid::bigint << 32 | l.objid::bigint FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.granted AND a.application_name = '\(leader)' ORDER BY a.xact_start LIMIT 1
      """)
    guard let key = lock.first?.first else { throw IntegrationError("nobody holds the relay's lock") }
    // First in the queue, it is next whoever leads now.
    let usurper = try system.hold("SELECT pg_advisory_xact_lock(\(key))")
    let isHeld = try await eventually(within: .seconds(20)) { try await expelLeaders(key) }
    guard isHeld else { throw IntegrationError("the relay's lock cannot be taken") }
    return usurper
  }

  /// - Returns: whether the usurper holds the lock.
  private func expelLeaders(_ key: String) async throws -> Bool {
    try await system.rows(
      """
      SELECT a.application_name, a.application_name <> 'holds-lock' AND pg_terminate_backend(a.pid)
      FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()
        AND (l.classid::bigint << 32 | l.objid::bigint) = \(key)
      """
    ).contains { $0.first == "holds-lock" }
  }
}
