/// One setting that cannot be used, and what would be accepted. Never holds the value: it may be a secret.
package struct SettingsProblem: Sendable, Equatable, CustomStringConvertible {
  package let name: String
  package let detail: String

  package init(name: String, detail: String) {
    self.name = name
    self.detail = detail
  }

  package var description: String { "\(name): \(detail)" }
}

/// Every bad setting of a program; the program ends with exit code 78 (`EX_CONFIG`).
package struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
  package let problems: [SettingsProblem]

  package init(problems: [SettingsProblem]) {
    self.problems = problems
  }

  package var description: String {
    "bad settings:\n" + problems.map { "  \($0)" }.joined(separator: "\n")
  }
}
