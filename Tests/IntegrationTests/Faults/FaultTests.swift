import Foundation
import NIOConcurrencyHelpers
import TestSupport
import Testing

extension Integration {
  /// `make test` plays all of it in a short form, `make test-faults` in the long one.
  @Suite("What goes wrong while events arrive", .tellsFaults)
  struct FaultTests {
    @Test(
      "Nothing is lost, applied twice or out of order",
      arguments: FaultScenario.all.filter { FaultForm.isChosen($0.name) })
    func sound(_ scenario: FaultScenario) async throws {
      let outcome = try await scenario.run(.current, seed: FaultForm.seed)
      FaultReport.note(outcome)
      #expect(outcome.complaints.isEmpty)
    }

    /// The long form takes twenty seeds, of which chance may hide one.
    @Test(
      "The suite has teeth: a system broken on purpose is found out",
      arguments: FaultBreak.allCases.filter { FaultForm.isChosen($0.rawValue) })
    func broken(_ fault: FaultBreak) async throws {
      let programs = try fault.programs()
      let seeds = UInt64(FaultForm.current.pick(1, 20))
      var noticed = 0
      for seed in 0..<seeds {
        let outcome = try await fault.scenario.run(.short, seed: FaultForm.seed &+ seed, programs: programs)
        if !outcome.complaints.isEmpty { noticed += 1 }
        FaultReport.tell(
          "\(fault): \(outcome.line.trimmingCharacters(in: .whitespaces)) \(outcome.complaints)")
      }
      FaultReport.note(fault, noticed, of: Int(seeds))
      #expect(noticed * 20 >= Int(seeds) * 19)
    }
  }
}

/// The lines that people read, printed as they come and once more at the end.
enum FaultReport {
  private struct Lines {
    var outcomes: [String] = []
    var breaks: [String] = []
  }

  private static let lines = NIOLockedValueBox(Lines())

  static func note(_ outcome: FaultOutcome) {
    tell(([outcome.line] + outcome.complaints).joined(separator: "\n  "))
    lines.withLockedValue { $0.outcomes.append(outcome.line) }
  }

  static func note(_ fault: FaultBreak, _ noticed: Int, of seeds: Int) {
    let line = FaultOutcome.row(fault.rawValue, fault.scenario.name, "\(noticed)/\(seeds)")
    lines.withLockedValue { $0.breaks.append(line) }
  }

  /// At once, also into a pipe: the suite takes its time.
  static func tell(_ text: String) {
    print(text)
    fflush(nil)
  }

  static func printAll() {
    let lines = lines.withLockedValue { $0 }
    let title = "Faults, \(FaultForm.current) form, FAULTS_SEED=\(FaultForm.seed)"
    print(([title, FaultOutcome.heading] + lines.outcomes).joined(separator: "\n"))
    guard !lines.breaks.isEmpty else { return }
    print(
      ([FaultOutcome.row("broken on purpose", "scenario", "noticed")] + lines.breaks).joined(separator: "\n"))
  }
}

/// Prints the table when the suite is over.
struct FaultReportTrait: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    defer { FaultReport.printAll() }
    try await function()
  }
}

extension Trait where Self == FaultReportTrait {
  static var tellsFaults: Self { FaultReportTrait() }
}
