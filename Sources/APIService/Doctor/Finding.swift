import Settings

/// What one check found.
struct Finding: Encodable, Sendable, Equatable {
  enum Level: String, Encodable, Sendable {
    case ok
    /// It works, but something will hurt one day.
    case warning
    case failed
    /// A dependency does not answer.
    case unreachable
  }

  /// What was looked at: `primary`, `setting PORT`, …
  let check: String
  let level: Level
  /// Never holds a secret.
  let detail: String
  /// What to do about it; nil when there is nothing to do.
  let remedy: String?

  static func ok(_ check: String, _ detail: String) -> Finding {
    Finding(check: check, level: .ok, detail: detail, remedy: nil)
  }

  static func warning(_ check: String, _ detail: String, _ remedy: String) -> Finding {
    Finding(check: check, level: .warning, detail: detail, remedy: remedy)
  }

  static func failed(_ check: String, _ detail: String, _ remedy: String) -> Finding {
    Finding(check: check, level: .failed, detail: detail, remedy: remedy)
  }

  static func unreachable(_ check: String, _ detail: String, _ remedy: String) -> Finding {
    Finding(check: check, level: .unreachable, detail: detail, remedy: remedy)
  }
}

/// What `doctor` prints.
struct DoctorReport: Report, Equatable {
  let findings: [Finding]

  init(_ findings: [Finding]) { self.findings = findings }

  /// A line for each finding.
  var text: String {
    var table = Table()
    for finding in findings {
      let remedy = finding.remedy.map { ": \($0)" } ?? ""
      table.add(finding.level.rawValue, finding.check, finding.detail + remedy)
    }
    return table.text
  }

  /// Nil when nothing failed; warnings are no failures.
  var failure: ProgramFailure? {
    let failures = findings.count { $0.level == .failed || $0.level == .unreachable }
    guard failures > 0 else { return nil }
    let isAway = findings.contains { $0.level == .unreachable }
    return ProgramFailure(
      isAway ? .unavailable : .failure, "\(failures) of \(counted(findings.count, "check")) failed")
  }
}
