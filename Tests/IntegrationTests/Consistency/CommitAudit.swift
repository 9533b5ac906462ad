/// Which versions were really committed, and when, asked of Postgres.
struct CommitAudit: Sendable {
  let system: LocalSystem

  /// Has Postgres note each title, each transcript, and who comes and goes, while their rows are locked: so the notes of one conversation
  /// are in the order of its commits. With its owner's rights, for the programs have none to the notes.
  func install() async throws {
    _ = try await system.rows(
      """
      CREATE TABLE consistency_audit
        (number bigserial PRIMARY KEY, conversation uuid, part text, version int NOT NULL);
      CREATE FUNCTION consistency_title() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
        INSERT INTO consistency_audit (conversation, part, version) VALUES (NEW.id, 'title', NEW.title::int);
        RETURN NULL;
      END $$;
      CREATE TRIGGER consistency_title AFTER UPDATE ON conversations FOR EACH ROW
        WHEN (OLD.title IS DISTINCT FROM NEW.title) EXECUTE FUNCTION consistency_title();
      CREATE FUNCTION consistency_transcript() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
        INSERT INTO consistency_audit (conversation, part, version)
          VALUES (NEW.conversation_id, 'transcript', extract(epoch FROM NEW.event_time)::int - 1750000000);
        RETURN NULL;
      END $$;
      CREATE FUNCTION consistency_presence() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
        INSERT INTO consistency_audit (conversation, part, version)
          SELECT coalesce(NEW.id, OLD.id), 'presence', coalesce(NEW.title::int, OLD.title::int + 1);
        RETURN NULL;
      END $$;
      CREATE TRIGGER consistency_coming AFTER INSERT ON conversations FOR EACH ROW
        WHEN (NEW.metadata ? 'guest') EXECUTE FUNCTION consistency_presence();
      CREATE TRIGGER consistency_going AFTER DELETE ON conversations FOR EACH ROW
        WHEN (OLD.metadata ? 'guest') EXECUTE FUNCTION consistency_presence();
      CREATE TRIGGER consistency_transcript AFTER INSERT OR UPDATE ON conversation_transcripts
        FOR EACH ROW EXECUTE FUNCTION consistency_transcript();
      """)
  }

  /// The commits of all objects, each in their order.
  func commits(_ numbers: [String: Int], _ clock: RunClock) async throws -> [Versioned: [CommitRecord]] {
    let rows = try await system.rows(
      """
      SELECT conversation, part, version, extract(epoch FROM pg_xact_commit_timestamp(xmin))
      FROM consistency_audit ORDER BY number
      """)
    var commits: [Versioned: [CommitRecord]] = [:]
    for row in rows {
      guard row.count == 4, let number = numbers[row[0]], let part = Versioned.Part(rawValue: row[1]),
        let version = Int(row[2]), let seconds = Double(row[3])
      else { throw IntegrationError("no note of a commit: \(row)") }
      commits[Versioned(conversation: number, part: part), default: []]
        .append(CommitRecord(version: version, committed: clock.moment(ofWallClock: seconds)))
    }
    return commits
  }
}
