/// Rows whose columns begin below each other. Cells come from outside: nothing in them reaches the terminal as a
/// control sequence.
package struct Table {
  private var rows: [[String]] = []

  /// - Parameter head: the names of the columns; none without.
  package init(_ head: String...) {
    rows = head.isEmpty ? [] : [head]
  }

  /// A line; it may have fewer or more cells than others.
  package mutating func add(_ cells: String...) { rows.append(cells.map(Self.harmless)) }

  /// A line for a value that may not be known.
  package mutating func add(_ name: String, ifKnown value: String?) {
    if let value { add(name, value) }
  }

  /// Without the last line's end.
  package var text: String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { column, cell in
        column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// The text without control characters, in one line.
  package static func harmless(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "\n" || scalar == "\t" {
        result.append(" ")
        continue
      }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}

/// `1 event`, `2 events`.
package func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
