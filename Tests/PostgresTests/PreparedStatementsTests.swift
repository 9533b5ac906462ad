import Testing

@testable import Postgres

@Suite("What a connection has prepared")
struct PreparedStatementsTests {
  private let statement = PostgresStatement("by_id", "SELECT 1 WHERE $1")

  @Test("A statement is prepared once, and once more for other types or other SQL")
  func variants() {
    var prepared = PreparedStatements(capacity: 10)
    #expect(prepared.plan(statement, types: [25]) == .prepare("f1_by_id"))
    #expect(prepared.plan(statement, types: [25]) == .prepared("f1_by_id"))
    #expect(prepared.plan(statement, types: [0]) == .prepare("f2_by_id"))
    #expect(prepared.plan(PostgresStatement("by_id", "SELECT 2"), types: [25]) == .prepare("f3_by_id"))
    #expect(prepared.plan(statement, types: [25]) == .prepared("f1_by_id"))
  }

  @Test("A forgotten statement is prepared anew under another name")
  func forgetting() {
    var prepared = PreparedStatements(capacity: 1)
    #expect(prepared.plan(statement, types: []) == .prepare("f1_by_id"))
    prepared.forget("f1_by_id")
    prepared.forget("f1_by_id")
    #expect(prepared.plan(statement, types: []) == .prepare("f2_by_id"))
  }

  @Test("Beyond the capacity, or without any, statements run unnamed")
  func capacity() {
    var none = PreparedStatements(capacity: 0)
    #expect(none.plan(statement, types: []) == .unnamed)
    var one = PreparedStatements(capacity: 1)
    #expect(one.plan(statement, types: []) == .prepare("f1_by_id"))
    #expect(one.plan(PostgresStatement("other", "SELECT 1"), types: []) == .unnamed)
    #expect(one.plan(statement, types: []) == .prepared("f1_by_id"))
  }

  @Test("Names are cut where the server would, between characters")
  func names() {
    var prepared = PreparedStatements(capacity: 10)
    let long = PostgresStatement(String(repeating: "é", count: 60), "SELECT 1")
    guard case .prepare(let name) = prepared.plan(long, types: []) else {
      Issue.record("not prepared")
      return
    }
    #expect(name.utf8.count == 63 && name == "f1_" + String(repeating: "é", count: 30))
  }

  @Test("Behind a pooler a session is told only what the pooler carries along")
  func session() {
    let settings = SessionSettings(
      statementTimeout: .seconds(2), idleInTransactionTimeout: .milliseconds(1_500), options: "")
    #expect(settings.script(isPooled: true) == "SET timezone = 'UTC'")
    #expect(
      settings.script(isPooled: false)
        == "SET timezone = 'UTC'; SET statement_timeout = 2000; SET idle_in_transaction_session_timeout = 1500"
    )
    let own = SessionSettings(
      statementTimeout: .seconds(2), idleInTransactionTimeout: .seconds(3), options: "-c statement_timeout=9")
    #expect(
      own.script(isPooled: false) == "SET timezone = 'UTC'; SET idle_in_transaction_session_timeout = 3000")
  }
}
