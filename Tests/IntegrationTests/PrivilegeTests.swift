import Foundation
import TestSupport
import Testing

extension Integration {
  /// All other tests here run the programs as this role, so what it has is enough.
  @Suite("The programs' database role")
  struct PrivilegeTests {
    @Test(
      "It can neither create, change, drop nor empty anything, nor rewrite what was migrated",
      arguments: [
        "CREATE TABLE mine (id int)", "CREATE SCHEMA mine", "CREATE ROLE mine", "CREATE DATABASE mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", "CREATE EXTENSION dblink",
        "CREATE INDEX ON conversations (title)", "DROP TABLE conversations",
        "DROP INDEX conversations_external_id",
        "DROP FUNCTION cache_outbox_messages() CASCADE", "DROP SCHEMA public CASCADE",
        "ALTER TABLE conversations ADD mine int", "ALTER TABLE conversations DISABLE TRIGGER ALL",
        "ALTER TABLE messages OWNER TO freshet_programs", "TRUNCATE messages",
        "INSERT INTO schema_migrations (name, checksum) VALUES ('9999_mine', '')",
        "UPDATE schema_migrations SET checksum = ''", "DELETE FROM schema_migrations",
        "DELETE FROM cursor_key",
        "SET session_replication_role = replica", "SET ROLE freshet_owner", "COPY messages TO '/tmp/mine'",
        "GRANT SELECT ON messages TO PUBLIC WITH GRANT OPTION",
      ])
    func refused(_ sql: String) async throws {
      let system = try await SharedSystem.api().system
      let error = await #expect(throws: IntegrationError.self) {
        try await system.rows(sql, at: system.programURL)
      }
      let words = [
        "permission denied", "must be owner", "must be superuser", "no privileges", "grant options",
      ]
      #expect(words.contains { error?.description.contains($0) == true }, "\(error?.description ?? "")")
    }

    @Test("A table of a later migration is theirs as well, its sequence and functions included")
    func laterTables() async throws {
      try await LocalSystem.run { system in
        _ = try await system.rows(
          """
          CREATE TABLE later (id bigserial PRIMARY KEY, word text);
          CREATE FUNCTION later_word() RETURNS text LANGUAGE sql AS $$ SELECT word FROM later $$;
          REVOKE EXECUTE ON FUNCTION later_word FROM PUBLIC;
          """, at: system.ownerURL)
        _ = try await system.rows("INSERT INTO later (word) VALUES ('here')", at: system.programURL)
        #expect(try await system.rows("SELECT later_word()", at: system.programURL) == [["here"]])
        await #expect(throws: IntegrationError.self) {
          try await system.rows("DROP TABLE later", at: system.programURL)
        }
      }
    }

    @Test("A role that grants to itself keeps its rights and can migrate again")
    func grantingToItself() async throws {
      try await LocalSystem.run { system in
        for _ in 0..<2 {
          let settings = ["DATABASE_URL": system.ownerURL, "DATABASE_APP_ROLE": "freshet_owner"]
          let end = try await run(.api, ["migrate"], settings)
          #expect(end.code == 0, "\(end)")
        }
        let insertion = "INSERT INTO schema_migrations (name, checksum) VALUES ('x', 'y')"
        _ = try await system.rows(insertion, at: system.ownerURL)
      }
    }

    @Test("A role that does not exist is named, and the migrations have been applied")
    func missingRole() async throws {
      try await LocalSystem.run { system in
        let settings = ["DATABASE_URL": system.ownerURL, "DATABASE_APP_ROLE": "nobody-made-me"]
        let end = try await run(.api, ["migrate"], settings)
        #expect(end.code == 1)
        #expect(end.text.contains("nobody-made-me"))
      }
    }
  }
}
