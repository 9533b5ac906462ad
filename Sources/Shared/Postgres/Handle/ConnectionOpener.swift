internal import CLibpq
internal import Glibc

/// Opens one connection, on a thread of its own: name resolution and the proof of a password take their time.
struct ConnectionOpener: Sendable {
  /// One set of libpq parameters per host, tried in order.
  let attempts: [[String: String]]
  /// For each attempt.
  let timeout: Duration
  let session: SessionSettings
  /// Whether nobody wants the connection any more.
  let isAbandoned: @Sendable () -> Bool

  /// A connection ready for the reactor; throws `notConnected` with the last host's reason.
  func open() throws(PostgresError) -> ConnectionHandle {
    var failure = PostgresError(.notConnected, "no host to connect to")
    for attempt in attempts {
      do throws(PostgresError) {
        return try open(attempt)
      } catch {
        failure = error
      }
    }
    throw failure
  }

  private func open(_ parameters: [String: String]) throws(PostgresError) -> ConnectionHandle {
    let deadline = ContinuousClock.now + timeout
    guard let connection = Self.start(parameters) else {
      throw PostgresError(.notConnected, "libpq is out of memory")
    }
    var isHandedOver = false
    defer { if !isHandedOver { PQfinish(connection) } }
    try finishConnecting(connection, deadline)
    PQsetNoticeProcessor(connection, { _, _ in }, nil)
    try setUp(connection, deadline)
    guard PQsetnonblocking(connection, 1) == 0, PQenterPipelineMode(connection) == 1 else {
      throw Self.notConnected(connection)
    }
    isHandedOver = true
    return ConnectionHandle(owning: connection)
  }

  private static func start(_ parameters: [String: String]) -> OpaquePointer? {
    let pairs = parameters.map { (strdup($0.key), strdup($0.value)) }
    defer { for (key, value) in pairs { free(key); free(value) } }
    let keys = pairs.map { UnsafePointer($0.0) } + [nil]
    let values = pairs.map { UnsafePointer($0.1) } + [nil]
    return PQconnectStartParams(keys, values, 0)
  }

  private func finishConnecting(
    _ connection: OpaquePointer, _ deadline: ContinuousClock.Instant
  ) throws(PostgresError) {
    guard PQstatus(connection) != CONNECTION_BAD else { throw Self.notConnected(connection) }
    var wanted = PGRES_POLLING_WRITING
    while wanted != PGRES_POLLING_OK {
      guard wanted != PGRES_POLLING_FAILED else { throw Self.notConnected(connection) }
      try wait(connection, wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline)
      wanted = PQconnectPoll(connection)
    }
  }

  /// The session's settings are statements, not start-up options: PgBouncer refuses the latter.
  private func setUp(
    _ connection: OpaquePointer, _ deadline: ContinuousClock.Instant
  ) throws(PostgresError) {
    let backend = try exchange("SELECT pg_catalog.pg_backend_pid()", connection, deadline)
    let isPooled = backend != String(PQbackendPID(connection))
    _ = try exchange(session.script(isPooled: isPooled), connection, deadline)
  }

  private func exchange(
    _ script: String, _ connection: OpaquePointer, _ deadline: ContinuousClock.Instant
  ) throws(PostgresError) -> String? {
    guard PQsendQuery(connection, script) == 1 else { throw Self.notConnected(connection) }
    var scalar: String?
    while true {
      while PQisBusy(connection) == 1 {
        try wait(connection, POLLIN, deadline)
        guard PQconsumeInput(connection) == 1 else { throw Self.notConnected(connection) }
      }
      guard let result = PQgetResult(connection).map({ ResultHandle(owning: $0) }) else { return scalar }
      guard result.kind == .success else {
        throw PostgresError(.notConnected, result.error(statement: nil).detail)
      }
      scalar = result.scalar ?? scalar
    }
  }

  /// Waits in slices, so that a client which is going away is not held up by a silent server.
  private func wait(
    _ connection: OpaquePointer, _ events: Int32, _ deadline: ContinuousClock.Instant
  ) throws(PostgresError) {
    var descriptor = pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0)
    while true {
      guard !isAbandoned() else { throw PostgresError(.shutDown, "the client was shut down") }
      guard ContinuousClock.now < deadline else {
        throw PostgresError(.notConnected, "no answer within \(timeout)")
      }
      if poll(&descriptor, 1, 50) > 0 { return }
    }
  }

  private static func notConnected(_ connection: OpaquePointer) -> PostgresError {
    PostgresError(.notConnected, ConnectionHandle.failure(of: connection))
  }
}
