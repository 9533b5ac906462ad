import Foundation
import Glibc
package import Logging

/// Writes one line an entry to standard error, in one `write`, so that lines of several threads never mix.
///
/// A line is cut by nothing; control characters are escaped, so that no value can forge a line.
package struct LineLogHandler: LogHandler {
  package var metadata: Logger.Metadata = [:]
  package var logLevel: Logger.Level
  package var metadataProvider: Logger.MetadataProvider?
  private let label: String
  private let format: LogFormat
  private let write: @Sendable (String) -> Void

  package init(
    label: String, format: LogFormat, logLevel: Logger.Level,
    write: @escaping @Sendable (String) -> Void = LineLogHandler.writeToStandardError
  ) {
    self.label = label
    self.format = format
    self.logLevel = logLevel
    self.write = write
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var facts = metadata
    if let provided = metadataProvider?.get() { facts.merge(provided) { $1 } }
    if let given = event.metadata { facts.merge(given) { $1 } }
    let pairs = facts.map { ($0.key, "\($0.value)") }.sorted { $0.0 < $1.0 }
    let time = Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true))
    switch format {
    case .json: write(Self.json(time, event.level, label, "\(event.message)", pairs))
    case .console: write(Self.console(time, event.level, "\(event.message)", pairs))
    }
  }

  /// The handler's usual sink.
  package static let writeToStandardError: @Sendable (String) -> Void = { line in
    var line = line
    line.withUTF8 { bytes in
      var rest = bytes[...]
      while let start = UnsafeBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
        let written = Glibc.write(STDERR_FILENO, start, rest.count)
        // What cannot be written is dropped: nobody reads it, and the program has other work to do.
        guard written > 0 else { return }
        rest = rest.dropFirst(written)
      }
    }
  }

  private static func json(
    _ time: String, _ level: Logger.Level, _ label: String, _ message: String, _ pairs: [(String, String)]
  ) -> String {
    var line = "{\"time\":\"\(time)Z\",\"level\":\"\(level)\",\"logger\":\"\(escaped(label))\""
    line += ",\"message\":\"\(escaped(message))\""
    for (key, value) in pairs { line += ",\"\(escaped(key))\":\"\(escaped(value))\"" }
    return line + "}\n"
  }

  private static func console(
    _ time: String, _ level: Logger.Level, _ message: String, _ pairs: [(String, String)]
  ) -> String {
    let clock = time.split(separator: "T").last.map(String.init) ?? time
    let name = "\(level)".uppercased().padding(toLength: 8, withPad: " ", startingAt: 0)
    let facts = pairs.map { " \(escaped($0.0))=\(escaped($0.1))" }.joined()
    return "\(clock) \(name) \(escaped(message))\(facts)\n"
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\u{0}"..."\u{1F}", "\u{7F}": result += String(format: "\\u%04x", scalar.value)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
