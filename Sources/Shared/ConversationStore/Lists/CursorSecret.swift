import NIOConcurrencyHelpers
import Postgres

/// What all cursors of the installation are signed with. A migration has made it, so that every instance has the same and
/// nobody has to set it; it is read once.
final class CursorSecret: Sendable {
  private let database: PostgresClient
  private let known = NIOLockedValueBox<[UInt8]?>(nil)

  init(database: PostgresClient) { self.database = database }

  func bytes() async throws -> [UInt8] {
    if let secret = known.withLockedValue({ $0 }) { return secret }
    let secret = try await database.query(Self.find).only().bytes(0)
    known.withLockedValue { $0 = secret }
    return secret
  }

  /// One row.
  private static let find = PostgresStatement("cursor_secret", "SELECT secret FROM cursor_key")
}
