internal import CLibpq

/// Owner of one `PGconn` that is connected, non-blocking and (outside scripts) in pipeline mode.
///
/// `@unchecked Sendable`: a connection is set up on the thread that opened it and then handed to the reactor
/// thread, which alone uses it until it goes away.
final class ConnectionHandle: @unchecked Sendable {
  enum Flush: Equatable { case done, pending, failed }

  private let connection: OpaquePointer
  /// Stops what runs on this connection.
  let cancelHandle: CancelHandle?

  init(owning connection: OpaquePointer) {
    self.connection = connection
    cancelHandle = CancelHandle(of: connection)
  }

  deinit { PQfinish(connection) }

  var descriptor: Int32 { PQsocket(connection) }

  /// Whether a transaction is open, failed or not known.
  var isInTransaction: Bool { PQtransactionStatus(connection) != PQTRANS_IDLE }

  /// Why the last call failed. Never contains the password.
  var failure: String { Self.failure(of: connection) }

  static func failure(of connection: OpaquePointer) -> String {
    let message = String(cString: PQerrorMessage(connection))
    let lines = message.split(whereSeparator: \.isNewline)
    return lines.isEmpty ? "the server closed the connection" : lines.joined(separator: " ")
  }

  func enterPipeline() -> Bool { PQenterPipelineMode(connection) == 1 }

  func exitPipeline() -> Bool { PQexitPipelineMode(connection) == 1 }

  func sendPrepare(_ name: String, _ statement: EncodedStatement) -> Bool {
    statement.types.withUnsafeBufferPointer {
      PQsendPrepare(connection, name, statement.statement.sql, Int32($0.count), $0.baseAddress) == 1
    }
  }

  /// Runs a prepared statement, or an unnamed one when `name` is nil.
  func send(_ statement: EncodedStatement, prepared name: String?) -> Bool {
    withParameters(statement.parameters) { count, values, lengths, formats in
      if let name {
        return PQsendQueryPrepared(connection, name, count, values, lengths, formats, 1) == 1
      }
      return PQsendQueryParams(
        connection, statement.statement.sql, count, statement.types, values, lengths, formats, 1) == 1
    }
  }

  func sendScript(_ script: String) -> Bool { PQsendQuery(connection, script) == 1 }

  func sendSync() -> Bool { PQpipelineSync(connection) == 1 }

  func flush() -> Flush {
    switch PQflush(connection) {
    case 0: .done
    case 1: .pending
    default: .failed
    }
  }

  func consumeInput() -> Bool { PQconsumeInput(connection) == 1 }

  /// Whether asking for the next result would wait.
  var isBusy: Bool { PQisBusy(connection) == 1 }

  /// The next result; nil between two statements and when there is none.
  func nextResult() -> ResultHandle? {
    PQgetResult(connection).map { ResultHandle(owning: $0) }
  }

  private func withParameters(
    _ parameters: ValueBuffer,
    _ body: (
      Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
    ) -> Bool
  ) -> Bool {
    let count = parameters.values.count
    return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: count) { values in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * count) { numbers in
        parameters.bytes.withUnsafeBytes { bytes in
          for (index, value) in parameters.values.enumerated() {
            values[index] = value.length < 0 ? nil : Self.address(bytes, value.offset)
            numbers[index] = Int32(max(value.length, 0))
            numbers[count + index] = 1
          }
          let base = UnsafePointer(numbers.baseAddress)
          return body(
            Int32(count), values.baseAddress.map { UnsafePointer($0) }, base, base.map { $0 + count })
        }
      }
    }
  }

  /// An empty value still needs an address: libpq takes a null pointer for NULL.
  private static func address(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UnsafePointer<CChar> {
    guard let base = bytes.baseAddress else { return empty }
    return (base + offset).assumingMemoryBound(to: CChar.self)
  }

  /// Safe: one byte, never written, never freed.
  private nonisolated(unsafe) static let empty: UnsafePointer<CChar> = {
    let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    byte.initialize(to: 0)
    return UnsafePointer(byte)
  }()
}
