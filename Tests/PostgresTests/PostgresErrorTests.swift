import Testing

@testable import Postgres

@Suite("What an error means")
struct PostgresErrorTests {
  @Test(
    "What may succeed when done again, and what is the database's fault",
    arguments: [
      (PostgresError.Code.sqlState("40001"), true, false), (.sqlState("40P01"), true, false),
      (.sqlState("55P03"), true, false), (.sqlState("57014"), true, false),
      (.sqlState("23505"), false, false),
      (.sqlState("42601"), false, false), (.sqlState("53300"), true, true), (.sqlState("57P01"), true, true),
      (.sqlState("57P03"), true, true), (.sqlState("08006"), true, true), (.sqlState("25006"), true, true),
      (.sqlState("0A000"), false, false), (.connectionLost, true, true), (.notConnected, true, true),
      (.poolTimeout, true, true), (.overloaded, true, true), (.deadline, true, false),
      (.cancelled, false, false), (.invalidURL, false, false), (.unexpectedResult, false, false),
      (.shutDown, false, false),
    ])
  func classes(code: PostgresError.Code, isRetryable: Bool, isInfrastructure: Bool) {
    let error = PostgresError(code, "detail")
    #expect(error.isRetryable == isRetryable)
    #expect(error.isInfrastructure == isInfrastructure)
  }

  @Test("Bytes that are not of the form are refused, never read past")
  func decoding() {
    #expect(BinaryDecoding.integer([0, 1], .int4) == nil)
    #expect(BinaryDecoding.uuid(Array(repeating: 0, count: 15)[...]) == nil)
    #expect(BinaryDecoding.timestamp([0x7F, 255, 255, 255, 255, 255, 255, 255]) == nil)
    var array = ValueBuffer()
    BinaryEncoding.append(.intArray([1, nil, -1]), to: &array)
    #expect(
      BinaryDecoding.array(array.bytes[...], of: .int4) { BinaryDecoding.integer($0, .int4) } == [1, nil, -1])
    for length in 0..<array.bytes.count {
      #expect(
        BinaryDecoding.array(array.bytes.prefix(length), of: .int4) { BinaryDecoding.integer($0, .int4) }
          == nil)
    }
    for place in array.bytes.indices {
      var damaged = array.bytes
      damaged[place] = 0x80
      _ = BinaryDecoding.array(damaged[...], of: .int4) { BinaryDecoding.integer($0, .int4) }
    }
  }

  @Test("More parameters than the protocol counts are refused before anything is sent")
  func tooManyParameters() {
    let error = #expect(throws: PostgresError.self) {
      try EncodedStatement(PostgresStatement("many", "SELECT 1"), Array(repeating: .null, count: 65_536))
    }
    #expect(error?.code == .unexpectedResult && error?.statement == "many")
  }
}
