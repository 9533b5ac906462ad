import ArgumentParser
import Settings

/// Checks every dependency and setting, and says what to do.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check every setting and dependency, one line each, with the remedy.",
    discussion: """
      Changes nothing; safe beside running programs.

      Exit codes: 0 nothing failed (there may be warnings), 1 something failed, 64 usage, 69 a dependency is \
      unreachable, 78 bad settings, whatever else was found.
      """)

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let settings = DoctorSettings(reader: try await SettingsReader())
    let report = DoctorReport(await Doctor(settings: settings).findings())
    try output.print(report)
    if let failure = settings.failure ?? report.failure { throw failure }
  }
}
