import Testing

@testable import Postgres

@Suite("Database URLs")
struct PostgresURLTests {
  @Test(
    "What libpq reads is read as libpq reads it",
    arguments: [
      ("postgresql://localhost", ["host": "localhost"]),
      ("postgres://u@h:5433/d", ["user": "u", "host": "h", "port": "5433", "dbname": "d"]),
      (
        "postgresql://us%40er:p%2Fa%3As%25@h/my%20db",
        ["user": "us@er", "password": "p/a:s%", "host": "h", "dbname": "my db"]
      ),
      ("postgresql://[::1]:5432/d", ["host": "::1", "port": "5432", "dbname": "d"]),
      ("postgresql://a:1,b:2,c/d", ["host": "a,b,c", "port": "1,2,", "dbname": "d"]),
      (
        "postgresql:///d?host=/run/postgresql&user=u",
        ["host": "/run/postgresql", "dbname": "d", "user": "u"]
      ),
      ("postgresql://%2Frun%2Fpostgresql/d", ["host": "/run/postgresql", "dbname": "d"]),
      (
        "postgresql://h/d?sslmode=verify-full&sslrootcert=/ca.pem&target_session_attrs=read-write",
        [
          "host": "h", "dbname": "d", "sslmode": "verify-full", "sslrootcert": "/ca.pem",
          "target_session_attrs": "read-write",
        ]
      ),
      (
        "postgresql://h/d?connection_limit=3&sslmode=require",
        ["host": "h", "dbname": "d", "sslmode": "require"]
      ),
      (
        "postgresql://h/d?sslmode=require&sslaccept=strict",
        ["host": "h", "dbname": "d", "sslmode": "verify-full"]
      ),
      ("postgresql://h/d?sslcert=/ca.pem", ["host": "h", "dbname": "d", "sslrootcert": "/ca.pem"]),
      (
        "postgresql://h/d?sslcert=/c.pem&sslkey=/k.pem",
        ["host": "h", "dbname": "d", "sslcert": "/c.pem", "sslkey": "/k.pem"]
      ),
      ("postgresql://h/d?schema=app", ["host": "h", "dbname": "d", "options": #"-csearch_path="app""#]),
      (
        "postgresql://h/d?schema=a%20%22b&options=-c%20geqo%3Doff",
        ["host": "h", "dbname": "d", "options": #"-c geqo=off -csearch_path="a\ ""b""#]
      ),
    ])
  func connection(url: String, expected: [String: String]) throws {
    #expect(try PostgresURL(url).connection == expected)
  }

  @Test("Prisma's parameters have Prisma's meaning and defaults")
  func parameters() throws {
    let defaults = try PostgresURL("postgresql://h/d")
    #expect(defaults.connectionLimit == 20)
    #expect(defaults.poolTimeout == .seconds(10))
    #expect(defaults.connectTimeout == .seconds(2))
    #expect(defaults.socketTimeout == nil)
    #expect(defaults.statementCacheSize == 500)
    let url = try PostgresURL(
      """
      postgresql://h/d?connection_limit=7&pool_timeout=0&connect_timeout=0&socket_timeout=3\
      &statement_cache_size=9&pgbouncer=false&max_connection_lifetime=1&single_use_connections=false
      """)
    #expect(url.connectionLimit == 7)
    #expect(url.poolTimeout == nil)
    #expect(url.connectTimeout == .seconds(60))
    #expect(url.socketTimeout == .seconds(3))
    #expect(url.statementCacheSize == 9)
    #expect(url.connection == ["host": "h", "dbname": "d"])
    #expect(try PostgresURL("postgresql://h/d?pgbouncer=true").statementCacheSize == 0)
    #expect(try PostgresURL("postgresql://h/d?connection_limit=2&connection_limit=3").connectionLimit == 3)
  }

  @Test(
    "A URL that cannot be used is refused without repeating the secret in it",
    arguments: [
      "", "mysql://u:hunter2@h/d", "host=h password=hunter2", "postgresql://u:hunter2%zz@h/d",
      "postgresql://u:hunter2@h/d?nonsense=hunter2", "postgresql://u:hunter2@h/d?connection_limit=0",
      "postgresql://u:hunter2@h/d?connection_limit=hunter2", "postgresql://u:hunter2@h/d?pool_timeout=-1",
      "postgresql://u:hunter2@h/d?pgbouncer=hunter2", "postgresql://u:hunter2@h/d?sslaccept=hunter2",
      "postgresql://u:hunter2@h/d?schema=%zz", "postgresql://u:hunter2@h/d\0",
      "postgresql://u:hunter2@h/d?connection_limit=99999999999", "postgresql://u:hunter2@h:99999999/d",
      "postgresql://u:hunter2@h:0/d", "postgresql://u:hunter2@h:65536/d", "postgresql://u:hunter2@h:-1/d",
      "postgresql://u:hunter2@h:x/d", "postgresql://u:hunter2@a:1,b:65536/d",
      "postgresql://u:hunter2@h/d?port=99999999999999999999",
    ])
  func refusal(url: String) {
    let error = #expect(throws: PostgresError.self) { try PostgresURL(url) }
    #expect(error?.code == .invalidURL)
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test("A URL shows itself without its password")
  func description() throws {
    let url = try PostgresURL("postgresql://user:hunter2@host:5433/base?connection_limit=3")
    #expect("\(url)" == "postgresql://user@host:5433/base")
    var dumped = ""
    dump(url, to: &dumped)
    #expect(!String(reflecting: url).contains("hunter2") && !dumped.contains("hunter2"))
  }

  @Test("Each host is an attempt of its own, with its own port")
  func attempts() throws {
    let attempts = try PostgresURL("postgresql://a:1,b:2/d").attempts(applicationName: "name")
    #expect(attempts.map { $0["host"] } == ["a", "b"])
    #expect(attempts.map { $0["port"] } == ["1", "2"])
    #expect(attempts.allSatisfy { $0["application_name"] == "name" && $0["client_encoding"] == "UTF8" })
    let local = try PostgresURL("postgresql:///d").attempts(applicationName: "name")
    #expect(local.count == 1 && local[0]["host"] == nil && local[0]["port"] == nil)
    let shared = try PostgresURL("postgresql:///d?host=a,b&port=7&application_name=own")
    #expect(shared.attempts(applicationName: "name").map { $0["port"] } == ["7", "7"])
    #expect(shared.attempts(applicationName: "name").allSatisfy { $0["application_name"] == "own" })
    let standby = try PostgresURL("postgresql://a,b/d?target_session_attrs=prefer-standby")
    #expect(
      standby.attempts(applicationName: "name").map { [$0["host"], $0["target_session_attrs"]] }
        == [["a", "standby"], ["b", "standby"], ["a", "any"], ["b", "any"]])
  }
}
