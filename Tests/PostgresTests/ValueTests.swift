import Postgres
import TestSupport
import Testing

@Suite("Values, there and back")
struct ValueTests {
  private static let uuid = PostgresUUID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)

  @Test("Scalars come back as they went")
  func scalars() async throws {
    try await withClient { client in
      let row = try await client.query(
        "SELECT $1::bool, $2::bigint, $3::text, $4::jsonb, $5::bytea, $6::uuid, $7::timestamptz, $6::text",
        [
          .bool(true), .int(.min), .text("Zoë 👩‍👩‍👧 \u{1}"), .json(Array(#"{"a":[1,null]}"#.utf8)),
          .binary([0, 255, 0]), .uuid(Self.uuid), .timestamp(-1),
        ])[0]
      #expect(try row.bool(0))
      #expect(try row.int(1) == .min)
      #expect(try row.text(2) == "Zoë 👩‍👩‍👧 \u{1}")
      #expect(try row.text(3) == #"{"a": [1, null]}"#)
      #expect(try row.bytes(3) == Array(#"{"a": [1, null]}"#.utf8))
      #expect(try row.bytes(4) == [0, 255, 0])
      #expect(try row.uuid(5) == Self.uuid)
      #expect(try row.timestamp(6) == -1)
      #expect(try row.text(7) == "01234567-89ab-cdef-fedc-ba9876543210")
    }
  }

  @Test("NULLs come back as nil, typed or not, and the empty text is no NULL")
  func nulls() async throws {
    try await withClient { client in
      let row = try await client.query(
        """
        SELECT $1::bool, $2::bigint, $3::text, $4::jsonb, $5::bytea, $6::uuid, $7::timestamptz, $8::text, $9::text
        """,
        [
          .bool(nil), .int(nil), .text(nil), .json(nil), .binary(nil), .uuid(nil), .timestamp(nil), .null,
          .text(""),
        ])[0]
      #expect(try row.boolOrNil(0) == nil)
      #expect(try row.intOrNil(1) == nil)
      #expect(try row.textOrNil(2) == nil)
      #expect(try row.bytesOrNil(3) == nil)
      #expect(try row.bytesOrNil(4) == nil)
      #expect(try row.uuidOrNil(5) == nil)
      #expect(try row.timestampOrNil(6) == nil)
      #expect(try row.textOrNil(7) == nil)
      #expect(try row.textOrNil(8) == "")
      #expect(throws: PostgresError.self) { try row.int(1) }
    }
  }

  @Test("Arrays come back with their NULLs, and unnest beside each other")
  func arrays() async throws {
    try await withClient { client in
      let row = try await client.query(
        "SELECT $1::text[], $2::int[], $3::bigint[], $4::uuid[], $5::timestamptz[], $6::bool[], $7::text[]",
        [
          .textArray(["a", nil, "", "{\",\\"]), .intArray([.min, nil, 7]), .bigintArray([nil, .max]),
          .uuidArray([Self.uuid, nil]), .timestampArray([0, nil]), .boolArray([true, nil, false]),
          .textArray([]),
        ])[0]
      #expect(try row.textArray(0) == ["a", nil, "", "{\",\\"])
      #expect(try row.intArray(1) == [.min, nil, 7])
      #expect(try row.bigintArray(2) == [nil, .max])
      #expect(try row.uuidArray(3) == [Self.uuid, nil])
      #expect(try row.timestampArray(4) == [0, nil])
      #expect(try row.boolArray(5) == [true, nil, false])
      #expect(try row.textArray(6) == [])

      let rows = try await client.query(
        "SELECT * FROM unnest($1::text[], $2::int[]) AS t(a, b)",
        [.textArray(["x", "y"]), .intArray([1, nil])])
      #expect(rows.count == 2 && rows.affectedRows == 2)
      #expect(try rows.map { try $0.text(0) } == ["x", "y"])
      #expect(try rows.map { try $0.intOrNil(1) } == [1, nil])
    }
  }

  @Test("Smaller numbers, names and enumerations are read as what they are")
  func otherTypes() async throws {
    try await withClient(try await SharedServers.postgres().createDatabase()) { client in
      _ = try await client.query("CREATE TYPE mood AS ENUM ('calm', 'wild')")
      let row = try await client.query(
        "SELECT 7::smallint, 8::int, 1.5::real, 2.25::float8, 'wild'::mood, 'n'::name, '{\"a\": 1}'::json")[0]
      #expect(try row.int(0) == 7)
      #expect(try row.int(1) == 8)
      #expect(try row.double(2) == 1.5)
      #expect(try row.double(3) == 2.25)
      #expect(try row.text(4) == "wild")
      #expect(try row.text(5) == "n")
      #expect(try row.text(6) == #"{"a": 1}"#)
    }
  }

  @Test("A value of another type than asked for is an error, not a guess")
  func mismatch() async throws {
    try await withClient { client in
      let row = try await client.query("SELECT 1::bigint, 'a'::text, 'infinity'::timestamptz")[0]
      #expect(throws: PostgresError.self) { try row.text(0) }
      #expect(throws: PostgresError.self) { try row.int(1) }
      #expect(throws: PostgresError.self) { try row.timestamp(2) }
      #expect(throws: PostgresError.self) { try row.int(3) }
    }
  }

  @Test("A NUL character is refused by the server, in text and in JSON, and never cuts a value")
  func nulCharacters() async throws {
    try await withClient { client in
      let text = try await failure { _ = try await client.query("SELECT $1::text", [.text("a\0b")]) }
      #expect(text.code == .sqlState("22021"))
      let array = try await failure {
        _ = try await client.query("SELECT $1::text[]", [.textArray(["a\0b"])])
      }
      #expect(array.code == .sqlState("22021"))
      let json = try await failure {
        _ = try await client.query("SELECT $1::jsonb", [.json(Array(#""\u0000""#.utf8))])
      }
      #expect(json.code == .sqlState("22P05"))
      #expect(try await client.number("SELECT 1::bigint") == 1)
    }
  }

  @Test("Large values and many rows survive")
  func large() async throws {
    try await withClient { client in
      let large = String(repeating: "ä", count: 1_000_000)
      let row = try await client.query("SELECT $1::text, length($1)", [.text(large)], deadline: .seconds(20))[
        0]
      #expect(try row.text(0) == large)
      #expect(try row.int(1) == 1_000_000)
      let rows = try await client.query("SELECT n, repeat('x', 100) FROM generate_series(1, 5000) AS n")
      #expect(rows.count == 5_000)
      #expect(try rows[4_999].int(0) == 5_000)
    }
  }
}
