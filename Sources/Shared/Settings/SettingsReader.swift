import Configuration
import Foundation
import SystemPackage

/// Reads settings by their environment names and collects every problem, so that all bad settings are
/// reported at once and before anything starts.
///
/// Used on one thread while a program starts; it is not `Sendable`. The environment wins over `.env`. An empty
/// value counts as unset, as compose files pass it. Every secret is also read from the file that `<NAME>_FILE`
/// names.
package final class SettingsReader {
  private let reader: ConfigReader
  private let secretFiles: (String) throws -> String
  package private(set) var problems: [SettingsProblem] = []

  /// - Parameter environmentFile: Path of a `.env` file; it may be missing.
  package init(
    environment: [String: String] = ProcessInfo.processInfo.environment, environmentFile: String? = ".env"
  ) async throws {
    var providers: [any ConfigProvider] = [EnvironmentVariablesProvider(environmentVariables: environment)]
    if let environmentFile {
      providers.append(
        try await EnvironmentVariablesProvider(
          environmentFilePath: FilePath(environmentFile), allowMissing: true))
    }
    reader = ConfigReader(providers: providers)
    secretFiles = { try String(contentsOfFile: $0, encoding: .utf8) }
  }

  /// The value as written, nil when unset or empty.
  package func string(_ name: String) -> String? {
    let value = reader.string(forKey: ConfigKey([name]), isSecret: true)
    return value?.isEmpty == true ? nil : value
  }

  /// A secret from `<NAME>` or from the file `<NAME>_FILE`; one trailing newline of the file is dropped.
  package func secret(_ name: String) -> String? {
    let inline = string(name)
    guard let path = string("\(name)_FILE") else { return inline }
    guard inline == nil else {
      report("\(name)_FILE", "\(name) is set as well: set only one of them")
      return inline
    }
    do {
      let content = try secretFiles(path)
      return content.hasSuffix("\n") ? String(content.dropLast()) : content
    } catch {
      report("\(name)_FILE", "the file \(path) cannot be read: check the path and its permissions")
      return nil
    }
  }

  package func integer(_ name: String, default value: Int, in range: ClosedRange<Int>) -> Int {
    guard let text = string(name) else { return value }
    guard let number = Int(text), range.contains(number) else {
      report(name, "expected a whole number from \(range.lowerBound) to \(range.upperBound)")
      return value
    }
    return number
  }

  package func boolean(_ name: String, default value: Bool) -> Bool {
    choice(
      name, default: value,
      [
        "true": true, "1": true, "yes": true, "on": true, "false": false, "0": false, "no": false,
        "off": false,
      ])
  }

  /// One of a few words; the accepted ones are named when another is given.
  package func choice<Value>(_ name: String, default value: Value, _ choices: KeyValuePairs<String, Value>)
    -> Value
  {
    guard let text = string(name) else { return value }
    if let match = choices.first(where: { $0.key == text.lowercased() }) { return match.value }
    report(name, "expected one of \(choices.map(\.key).joined(separator: ", "))")
    return value
  }

  /// Parses a value with a throwing initialiser; the error's text is reported, so it must not hold secrets.
  package func parsed<Value>(_ name: String, _ text: String, _ parse: (String) throws -> Value) -> Value? {
    do { return try parse(text) } catch {
      report(name, "\(error)")
      return nil
    }
  }

  /// Comma-separated values, blanks around them dropped.
  package func list(_ text: String?) -> [String] {
    (text ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  /// Says what is wrong with a setting; once, however often it is read.
  package func report(_ name: String, _ detail: String) {
    let problem = SettingsProblem(name: name, detail: detail)
    if !problems.contains(problem) { problems.append(problem) }
  }

  /// Refuses a documented setting that this release does not honour, rather than ignore it in silence.
  package func refuse(_ name: String, _ detail: String) {
    if string(name) != nil { report(name, detail) }
  }

  /// Throws everything that was reported.
  package func finish() throws(SettingsError) {
    guard problems.isEmpty else { throw SettingsError(problems: problems) }
  }
}
