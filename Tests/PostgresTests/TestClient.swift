import Logging
import Postgres
import TestSupport

/// Runs `body` with a client that is connected to `url`, or to a database of the shared server.
func withClient<Value: Sendable>(
  _ url: String? = nil, parameters: String = "", settings: PostgresClientSettings = .init(),
  _ body: (PostgresClient) async throws -> Value
) async throws -> Value {
  let url = if let url { url } else { try await SharedServers.postgres().url }
  let mark = url.contains("?") ? "&" : "?"
  let client = PostgresClient(
    url: try PostgresURL(parameters.isEmpty ? url : url + mark + parameters), settings: settings,
    logger: Logger(label: "test"))
  // Ends with this scope: leaving it cancels and awaits the run.
  async let _ = client.run()
  return try await body(client)
}

extension PostgresStatement: ExpressibleByStringLiteral {
  /// A statement named by its own text.
  public init(stringLiteral sql: String) { self.init(sql, sql) }
}

extension PostgresClient {
  func number(_ sql: String, _ parameters: [PostgresParameter] = []) async throws -> Int64 {
    try await query(PostgresStatement(sql, sql), parameters)[0].int(0)
  }
}

/// The error that `body` throws.
func failure(_ body: () async throws -> Void) async throws -> PostgresError {
  do {
    try await body()
  } catch let error as PostgresError {
    return error
  }
  throw NothingThrown()
}

/// A failure that was expected did not happen.
struct NothingThrown: Error {}

/// Lets everybody go on once all have arrived.
actor Rendezvous {
  private var missing: Int
  private var arrived: [CheckedContinuation<Void, Never>] = []

  init(of count: Int) { missing = count }

  func arrive() async {
    missing -= 1
    if missing > 0 { return await withCheckedContinuation { arrived.append($0) } }
    for waiter in arrived { waiter.resume() }
  }
}
