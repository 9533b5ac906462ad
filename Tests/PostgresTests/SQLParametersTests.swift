import Foundation
import Testing

/// What clients send reaches SQL by parameters alone. Read from the sources, for no run would ever show all of it.
@Suite("SQL has parameters")
struct SQLParametersTests {
  /// What is put into SQL and is neither a constant nor the number of a parameter, with the reason why it is harmless.
  private static let allowed: [String: Set<String>] = [
    // From fixed names of columns and numbers of parameters.
    "ConversationStatements.swift": ["column", "first", "total", "whereAll(conditions)"],
    // From literals, by what is asked for.
    "MessageStatements.swift": [
      #"reading.request.includesTotal ? total : "NULL::bigint""#, #"reading.after == nil ? "" : after"#,
      #"reading.after == nil ? "" : "AND position > $4""#,
      #"isOwned ? "AND c.user_id = $\(parameters.count + 1)" : """#,
    ],
  ]

  @Test("No SQL is put together from anything but constants and the numbers of parameters")
  func sources() throws {
    var used: [String: Set<String>] = [:]
    var files = 0
    for (file, source) in try Self.sources() {
      files += 1
      for expression in SwiftLiterals(source).all.filter(\.isSQL).flatMap(\.interpolations) {
        if try Self.isConstant(expression.text, in: source) || expression.isParameterNumber { continue }
        used[file, default: []].insert(expression.text)
      }
    }
    // That many have SQL; fewer would mean that they are not found.
    #expect(files > 12)
    #expect(used == Self.allowed)
  }

  @Test(
    "A statement's text is a literal, but where a page is put together, in the client, and in the tests' breaks"
  )
  func literals() throws {
    var others: Set<String> = []
    for (file, source) in try Self.sources() {
      for call in source.matches(of: /PostgresStatement\(\s*"[^"]*",\s*(?<sql>[^\s)]+)/)
      where !call.sql.hasPrefix("\"") {
        guard try !Self.isConstant(String(call.sql), in: source) else { continue }
        others.insert(file)
      }
      if source.contains(/PostgresStatement\(\s*[^"\s]/) { others.insert(file) }
      for call in source.matches(of: /execute\(script: (?<sql>[^\n]+)/) {
        let isKnown = ["\"", "Self.ledger", "migration.sql", "try row.text(0)"].contains {
          call.sql.hasPrefix($0)
        }
        #expect(isKnown || file == "PostgresConnection.swift", "\(file): \(call.0)")
      }
    }
    let builders: Set = ["ConversationStatements.swift", "MessageStatements.swift"]
    #expect(others == builders.union(["EncodedStatement.swift", "DeliberateBreak.swift"]))
  }

  @Test(
    "The scan finds what it is for",
    arguments: [
      #"let a = PostgresStatement("n", "SELECT \(id)")"#,
      #"let a = PostgresStatement("n", "DELETE FROM t WHERE id = '\(id)'")"#,
      "let a = PostgresStatement(\"n\", \"\"\"\n  SELECT x \\\n  FROM t WHERE y = \\(user.name(\"x\")) \n  \"\"\")",
      ##"let a = PostgresStatement("n", #"UPDATE t SET a = \#(b)"#)"##,
      #"let a = "x" + "ORDER BY \(column)""#,
    ])
  func planted(_ source: String) throws {
    let found = SwiftLiterals(source).all.filter(\.isSQL).flatMap(\.interpolations)
    #expect(found.count == 1)
    #expect(try found.allSatisfy { try !Self.isConstant($0.text, in: source) && !$0.isParameterNumber })
  }

  @Test("Constants, numbers of parameters and other texts are left alone")
  func harmless() throws {
    let source = #"""
      static let columns = "a, b"
      let a = PostgresStatement("n", "SELECT \(columns) FROM t LIMIT $\(parameters.count + 1)")
      let message = "expected one row, got \(count)"
      // "SELECT \(comment)"
      """#
    let found = SwiftLiterals(source).all.filter(\.isSQL).flatMap(\.interpolations)
    #expect(found.map(\.text) == ["columns", "parameters.count + 1"])
    #expect(try found.allSatisfy { try Self.isConstant($0.text, in: source) || $0.isParameterNumber })
  }

  /// Those that have to do with Postgres, but for the client itself.
  private static func sources() throws -> [(file: String, source: String)] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")
      .standardizedFileURL
    let files =
      FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL }
      ?? []
    return try files.filter { $0.pathExtension == "swift" }.compactMap { file in
      let source = try String(contentsOf: file, encoding: .utf8)
      let isOurs = source.contains("PostgresStatement(") || source.contains("execute(script:")
      return isOurs ? (file.lastPathComponent, source) : nil
    }
  }

  /// A `static let` of a literal, here or in a statements' file: named alone or with its type.
  private static func isConstant(_ expression: String, in source: String) throws -> Bool {
    guard let name = expression.wholeMatch(of: /(?:(?:Self|[A-Z]\w*)\.)?([a-z]\w*)/)?.1 else { return false }
    let declaration = try Regex("static let \(name)(: \\w+)? = (\"|\\d)")
    if source.contains(declaration) { return true }
    guard expression.contains("Statements.") else { return false }
    return try sources().contains { $0.source.contains(declaration) }
  }
}

/// The string literals of a Swift file with what is put into them.
private struct SwiftLiterals {
  struct Interpolation {
    let text: String
    let follows: Character?

    /// `$\(parameters.count + 1)`
    var isParameterNumber: Bool {
      follows == "$" && text.wholeMatch(of: /\w+\.count|\w+(\.count)? \+ \d/) != nil
    }
  }

  struct Literal {
    var text = ""
    var interpolations: [Interpolation] = []

    var isSQL: Bool {
      text.contains(
        /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|ORDER BY|LIMIT|GRANT|REVOKE|ALTER|DROP|CREATE|SET LOCAL|UNION)\b|\$\d|\$$| = \$|count\(\*\)/
      )
        || interpolations.contains { $0.follows == "$" }
    }
  }

  private(set) var all: [Literal] = []
  private var rest: Substring

  init(_ source: String) {
    // Comments have no say.
    let code = source.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.trimmingPrefix(while: \.isWhitespace).hasPrefix("//") }.joined(separator: "\n")
    rest = code[...]
    while let start = rest.firstIndex(where: { $0 == "\"" || $0 == "#" }) {
      rest = rest[start...]
      let hashes = String(rest.prefix { $0 == "#" })
      rest = rest.dropFirst(hashes.count)
      if rest.first == "\"" { read(hashes) }
    }
  }

  private mutating func read(_ hashes: String) {
    let quotes = (rest.hasPrefix("\"\"\"") ? "\"\"\"" : "\"")
    let (end, opening, escape) = (quotes + hashes, "\\\(hashes)(", "\\\(hashes)")
    rest = rest.dropFirst(quotes.count)
    var literal = Literal()
    while !rest.isEmpty, !rest.hasPrefix(end) {
      if rest.hasPrefix(opening) {
        rest = rest.dropFirst(opening.count)
        literal.interpolations.append(Interpolation(text: expression(), follows: literal.text.last))
      } else if rest.hasPrefix(escape) {
        rest = rest.dropFirst(escape.count + 1)
      } else {
        literal.text.append(rest.removeFirst())
      }
    }
    rest = rest.dropFirst(end.count)
    all.append(literal)
  }

  /// Up to its closing parenthesis.
  private mutating func expression() -> String {
    var (text, depth) = ("", 1)
    while let character = rest.popFirst() {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if depth == 0 { break }
      text.append(character)
    }
    return text
  }
}
