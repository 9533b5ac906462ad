@testable import TestSupport

/// What the scenarios do to the queue's Redis and to Postgres, and see of them.
extension LocalSystem {
  static let meta = "webhooks:{0}:meta"

  /// A counter of the queue; 0 if it never counted.
  func counter(_ name: String) async throws -> Int {
    Int(try await ask(queueRedis, "HGET", Self.meta, name).first ?? "") ?? 0
  }

  /// How many conversations are ready, in quarantine, waiting for another try, and in hand.
  func queueState() async throws -> String {
    let lengths = [("ready", "LLEN"), ("suspect", "LLEN"), ("delayed", "ZCARD"), ("lease", "HLEN")]
    var state: [String] = []
    for (key, command) in lengths {
      state.append("\(key) \(try await ask(queueRedis, command, "webhooks:{0}:\(key)").joined())")
    }
    return state.joined(separator: ", ")
  }

  /// As an operator does: nothing is handed out from now on.
  func pauseQueue() async throws { _ = try await ask(queueRedis, "HSET", Self.meta, "paused", "1") }

  func resumeQueue() async throws { _ = try await ask(queueRedis, "HSET", Self.meta, "paused", "0") }

  /// Lets the lease of whoever holds the conversation run out at once: so much time has passed for Redis, though not
  /// for Postgres and the worker.
  ///
  /// - Returns: whether anybody held it.
  func expireLease(of conversation: String) async throws -> Bool {
    let script = """
      for _, worker in ipairs(redis.call('ZRANGE', 'webhooks:{0}:workers', 0, -1)) do
        if redis.call('LPOS', 'webhooks:{0}:held:' .. worker, '\(conversation)') then
          return redis.call('ZADD', 'webhooks:{0}:workers', 'CH', 1, worker)
        end
      end
      return -1
      """
    return try await ask(queueRedis, "EVAL", script, "0") != ["-1"]
  }

  /// Who holds the conversation: the name of its incarnation.
  func holder(of conversation: String) async throws -> String? {
    let script = """
      for _, worker in ipairs(redis.call('ZRANGE', 'webhooks:{0}:workers', 0, -1)) do
        if redis.call('LPOS', 'webhooks:{0}:held:' .. worker, '\(conversation)') then return worker end
      end
      return ''
      """
    return try await ask(queueRedis, "EVAL", script, "0").first.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Has Postgres refuse a conversation's event of that number, until ``allowAgain()``.
  func refuse(_ conversation: String, _ version: Int, sqlState: String) async throws {
    _ = try await rows(
      """
      CREATE FUNCTION fault_refusal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
        RAISE EXCEPTION 'refused by the test' USING ERRCODE = TG_ARGV[0];
      END $$;
      CREATE TRIGGER fault_refusal BEFORE INSERT ON webhook_events FOR EACH ROW
        WHEN (NEW.external_id = '\(conversation)' AND NEW.event_time = '\(ProviderEvent.time(version))')
        EXECUTE FUNCTION fault_refusal('\(sqlState)');
      """)
  }

  func allowAgain() async throws { _ = try await rows("DROP TRIGGER fault_refusal ON webhook_events") }

  /// Deadlocks that the server has reported since its last start.
  var deadlocks: Int { postgres.process.lines.count { $0.contains("deadlock detected") } }

  /// The server's processes behind the sessions of that name.
  func sessionProcesses(_ name: String) async throws -> [Int32] {
    try await rows("SELECT pid FROM pg_stat_activity WHERE application_name = '\(name)'")
      .compactMap { $0.first.flatMap { Int32($0) } }
  }
}

/// Sessions that lock, and those that wait for them.
extension LocalSystem {
  /// Runs a statement in a transaction that stays open until ``release(_:)``.
  func hold(_ statement: String) throws -> ChildProcess {
    try ChildProcess(
      PostgresPrograms.path("psql"),
      [
        "--no-psqlrc", "-q", "-v", "ON_ERROR_STOP=1", "\(databaseURL)?application_name=holds-lock", "-c",
        "BEGIN",
        "-c", statement, "-c", "SELECT pg_sleep(60)",
      ])
  }

  func release(_ holder: ChildProcess) async throws {
    _ = try await rows(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holds-lock'")
    try await holder.wait()
  }

  /// The names of the sessions that sleep in a statement, in this database.
  func sleepingSessions() async throws -> [String] {
    try await sessions(where: "wait_event = 'PgSleep'")
  }

  /// The names of the sessions that wait for a lock in this database, the first one first.
  func blockedSessions() async throws -> [String] {
    try await sessions(where: "wait_event_type = 'Lock'")
  }

  private func sessions(where condition: String) async throws -> [String] {
    try await rows(
      """
      SELECT application_name FROM pg_stat_activity
      WHERE \(condition) AND datname = current_database() ORDER BY query_start
      """
    ).map { $0.joined() }
  }
}
