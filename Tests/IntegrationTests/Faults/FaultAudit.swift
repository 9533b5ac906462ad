/// What really happened, asked of Postgres and Redis by their own tools.
struct FaultAudit: Sendable {
  let system: LocalSystem

  /// Has Postgres note each transcript it stores, in the order of their commits.
  func install() async throws {
    _ = try await system.rows(
      """
      CREATE TABLE fault_audit (number bigserial PRIMARY KEY, conversation uuid, event_time timestamptz);
      CREATE FUNCTION fault_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
        INSERT INTO fault_audit (conversation, event_time) VALUES (NEW.conversation_id, NEW.event_time);
        RETURN NULL;
      END $$;
      CREATE TRIGGER fault_audit AFTER INSERT OR UPDATE ON conversation_transcripts
        FOR EACH ROW EXECUTE FUNCTION fault_audit();
      """)
  }

  /// Compares what was acknowledged with what is stored.
  func examine(_ acknowledged: [String: Int], _ outcome: inout FaultOutcome) async throws {
    outcome.sent = acknowledged.values.reduce(0, +)
    outcome.dead = try await system.deadEvents()
    let missing = try await system.count("\(Self.expected(acknowledged)) SELECT count(*) \(Self.missing)")
    outcome.stored = outcome.sent - missing
    outcome.lost = max(0, missing - outcome.dead)
    outcome.double = try await effects(compared: "=") + deadAndStored()
    outcome.disordered =
      try await effects(compared: "<")
      + system.count("SELECT count(*) FROM webhook_events WHERE outcome <> 'applied'")
    if outcome.stored > 0, outcome.lost == 0 { outcome.complaints += try await wrongTranscripts() }
  }

  /// What is left in the queue.
  func leftovers() async throws -> [String] {
    let pattern = "webhooks:{0}:[ershdl]*"
    let harmless = ["webhooks:{0}:dead", "webhooks:{0}:done"]
    let dead = try await deadIDs().map { "webhooks:{0}:event:\($0)" }
    return try await system.ask(system.queueRedis, "KEYS", pattern)
      .filter { key in !key.isEmpty && !dead.contains(key) && !harmless.contains { key.hasPrefix($0) } }
  }

  private func deadIDs() async throws -> [String] {
    try await system.ask(system.queueRedis, "ZRANGE", "webhooks:{0}:dead", "0", "-1").filter { !$0.isEmpty }
  }

  private func deadAndStored() async throws -> Int {
    let ids = try await deadIDs()
    guard !ids.isEmpty else { return 0 }
    let list = ids.map { "'\($0)'" }.joined(separator: ",")
    return try await system.count("SELECT count(*) FROM webhook_events WHERE external_event_id IN (\(list))")
  }

  /// Transcripts that were stored although one of the same (`=`) or a later (`<`) event was stored before.
  private func effects(compared comparison: String) async throws -> Int {
    try await system.count(
      """
      SELECT count(*) FROM (SELECT event_time, max(event_time) OVER (PARTITION BY conversation ORDER BY number
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM fault_audit) AS effect
      WHERE event_time \(comparison) before
      """)
  }

  /// Conversations that do not hold exactly their last recorded transcript.
  private func wrongTranscripts() async throws -> [String] {
    let wrong = try await system.rows(
      """
      WITH last AS (SELECT c.id, c.external_id, max(extract(epoch FROM e.event_time)::int - \(Self.epoch)) AS version
        FROM conversations c JOIN webhook_events e ON e.external_id = c.external_id GROUP BY 1, 2)
      SELECT external_id FROM last LEFT JOIN messages m ON m.conversation_id = last.id
      GROUP BY external_id, version HAVING array_agg(rtrim(content, 'x') ORDER BY position) IS DISTINCT FROM ARRAY(
        SELECT format('%s, version %s, entry %s', external_id, version, entry)
        FROM generate_series(1, least(version, 6)) AS entry)
      """)
    return wrong.map { "the transcript of \($0.joined()) is not that of its last event" }
  }

  private static let epoch = 1_750_000_000

  private static func expected(_ acknowledged: [String: Int]) -> String {
    let rows = [("-", 0)] + acknowledged.map { ($0, $1) }
    let values = rows.map { "('\($0)', \($1))" }.joined(separator: ",")
    return "WITH expected (conversation, events) AS (VALUES \(values))"
  }

  private static let missing =
    """
    FROM expected, generate_series(1, events) AS version WHERE NOT EXISTS (SELECT FROM webhook_events e
      WHERE e.external_id = conversation AND e.event_time = to_timestamp(\(epoch) + version))
    """
}
