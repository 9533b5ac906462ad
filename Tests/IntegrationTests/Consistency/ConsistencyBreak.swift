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
      ConsistencyFault(rawValue) { stage in try await stage.awaitReads(400) }
    case .oldValues: ConsistencyFault(rawValue, play: Self.bringBackOldValues)
    case .forgedFence: ConsistencyFault(rawValue, play: Self.forge)
    }
  }

  private static let bringBackOldValues: @Sendable (ConsistencyStage) async throws -> Void = { stage in
    var changed = 0
    let isDone = try await eventually(within: .seconds(60)) {
      let count = try await stage.cache.primary.run("EVAL", Self.bringBack, "0").first.flatMap { Int($0) }
      changed += count ?? 0
      try await stage.awaitReads(50)
      return changed >= 20
    }
    guard isDone else { throw IntegrationError("too few old values could be brought back") }
    // What comes next is to be noticed for itself.
    _ = try await stage.cache.primary.run("FLUSHALL")
  }

  /// Keeps a copy of each value when it first sees it, and puts it in the place of every other one from then on.
  ///
  /// Returns how many it replaced.
  private static let bringBack = """
    local changed = 0
    for _, key in ipairs(redis.call('KEYS', 'conversation:*:v*:body')) do
      local value, copy = redis.call('GET', key), redis.call('GET', 'copy:' .. key)
      if not copy then
        redis.call('SET', 'copy:' .. key, value)
      elseif string.sub(copy, 77) ~= string.sub(value, 77) then
        redis.call('SET', key, string.sub(copy, 1, 8) .. string.sub(value, 9, 40) .. string.sub(copy, 41), 'KEEPTTL')
        changed = changed + 1
      end
    end
    return changed
    """

  /// The replica misses writes and is promoted. No relay catches up on it, and yet its watermark carries its name.
  private static let forge: @Sendable (ConsistencyStage) async throws -> Void = { stage in
    // The break before left nothing in Redis: the copy must hold something that can get old.
    try await stage.awaitReads(400)
    try await stage.cache.partition()
    try await stage.awaitReads(900)
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
    // Until also what nobody confirmed is too old.
    try await Task.sleep(for: ConsistencyForm.bound + .seconds(1))
    try await stage.awaitReads(300)
    try await stage.cache.rejoin()
  }
}

extension ConsistencyStage {
  /// A busy machine takes its time to read and to write.
  fileprivate func awaitReads(_ count: Int) async throws {
    let target = recorder.readCount + count
    guard try await eventually(within: .seconds(60), { recorder.readCount >= target }) else {
      throw IntegrationError("nobody reads")
    }
  }

  /// Takes the relay's lock, so that nobody leads until the returned process is killed.
  fileprivate func seizeRelay() async throws -> ChildProcess {
    let question = """
      SELECT l.classid::bigint << 32 | l.objid::bigint FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()
        AND a.xact_start < clock_timestamp() - interval '300 ms' ORDER BY a.xact_start LIMIT 1
      """
    let key = try await poll(within: .seconds(20)) { try await system.rows(question).first?.first }
    guard let key else { throw IntegrationError("nobody holds the relay's lock") }
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
