import ArgumentParser
import Conversations
import Foundation

/// What a command found, for programs and for people. Its coded form is relied on by scripts: members are added,
/// never renamed.
package protocol Report: Encodable, Sendable {
  /// Lines for a terminal, without the last line's end.
  var text: String { get }
}

extension Report {
  /// On one line, members sorted.
  package var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}

/// RFC 3339 for milliseconds since 1970; nil for those that are not known.
package func instant(_ milliseconds: Int64?) -> String? {
  guard let milliseconds, milliseconds > 0 else { return nil }
  return Timestamp(millisecondsSinceEpoch: milliseconds).description
}

/// How a command says what it found.
package struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON object, for programs. What is not known is left out of it.")
  package var json = false

  package init() {}

  /// Prints the report in the form that was asked for.
  package func print(_ report: some Report) throws {
    Swift.print(json ? try report.json : report.text)
  }
}
