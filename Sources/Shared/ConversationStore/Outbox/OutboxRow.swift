import Keyspace
import Postgres

/// What a trigger wrote for one statement: groups that the cache has to forget once its transaction has committed.
struct OutboxRow: Sendable, Equatable {
  let id: Int64
  let groups: Set<CacheGroup>
  /// How many the row names, whatever became of them here.
  let nameCount: Int

  /// From a row of id and groups. What names no group, nobody can have cached.
  init(_ row: PostgresRow) throws(PostgresError) {
    id = try row.int(0)
    let names = try row.textArray(1)
    groups = Set(names.compactMap { $0.flatMap(CacheGroup.init) })
    nameCount = names.count
  }
}

extension Sequence<OutboxRow> {
  var groups: Set<CacheGroup> { reduce(into: []) { $0.formUnion($1.groups) } }
}
