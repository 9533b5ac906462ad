/// What one connection has prepared, or is about to. Lost with the connection.
struct PreparedStatements {
  enum Plan: Equatable {
    /// Run without a name.
    case unnamed
    /// Prepared already under this name.
    case prepared(String)
    /// Prepare under this name first.
    case prepare(String)
  }

  private struct Variant {
    let sql: String
    let types: [UInt32]
    let name: String
  }

  /// NAMEDATALEN − 1: the server tells longer names apart only by this much.
  private static let maximumNameLength = 63

  private let capacity: Int
  private var variants: [String: [Variant]] = [:]
  private var count = 0
  private var namesGiven = 0

  /// At most `capacity` statements; beyond that, or with 0, statements run unnamed.
  init(capacity: Int) {
    self.capacity = capacity
  }

  /// How to run a statement with parameters of these types. `prepare` is said once and taken as done.
  mutating func plan(_ statement: PostgresStatement, types: [UInt32]) -> Plan {
    let known = variants[statement.name]?.first { $0.types == types && $0.sql == statement.sql }
    if let known { return .prepared(known.name) }
    guard count < capacity else { return .unnamed }
    count += 1
    namesGiven += 1
    let name = Self.truncated("f\(namesGiven)_\(statement.name)")
    variants[statement.name, default: []].append(Variant(sql: statement.sql, types: types, name: name))
    return .prepare(name)
  }

  /// The statement turned out not to be prepared, or its plan to be of no more use.
  mutating func forget(_ name: String) {
    for (statement, known) in variants where known.contains(where: { $0.name == name }) {
      variants[statement] = known.filter { $0.name != name }
      count -= 1
    }
  }

  private static func truncated(_ name: String) -> String {
    guard name.utf8.count > maximumNameLength else { return name }
    var end = name.utf8.index(name.startIndex, offsetBy: maximumNameLength)
    while end.samePosition(in: name.unicodeScalars) == nil { end = name.utf8.index(before: end) }
    return String(name[..<end])
  }
}
