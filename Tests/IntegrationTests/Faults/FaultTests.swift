import Foundation
import NIOConcurrencyHelpers
import TestSupport
import Testing

extension Integration {
  /// `make test` plays all of it in a short form, `make test-faults` in the long one.
  @Suite("What goes wrong while events arrive", .tellsFaults)
  struct FaultTests {
    @Test("Nothing is lost, applied twice or out of order", arguments: FaultScenario.all)
    func sound(_ scenario: FaultScenario) async throws {
      let outcome = try await scenario.run(.current, seed: FaultForm.seed)
      FaultReport.note(outcome.line)
      #expect(outcome.complaints.isEmpty)
    }
  }
}

/// The lines that people read, printed as they come and once more at the end.
enum FaultReport {
  private static let lines = NIOLockedValueBox<[String]>([])

  static func note(_ line: String) {
    print(line)
    lines.withLockedValue { $0.append(line) }
  }

  static func printAll() {
    let table = lines.withLockedValue { $0 }
    guard !table.isEmpty else { return }
    let title = "Faults, \(FaultForm.current) form, FAULTS_SEED=\(FaultForm.seed)"
    print(([title, FaultOutcome.heading] + table).joined(separator: "\n"))
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
