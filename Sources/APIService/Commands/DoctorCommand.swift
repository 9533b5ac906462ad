import ArgumentParser
import Settings

/// Checks every dependency and setting, and says what to do.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check every setting and dependency, one line each, with the remedy.",
    discussion: """
      Changes nothing; safe beside running programs.

      Exit codes: 0 nothing failed (there may be warnings), 1 something failed, 64 usage, 69 a dependency is \
      unreachable, 78 bad settings.
      """)

  @OptionGroup var output: OutputOptions

  func run() async throws {
    let settings: APISettings
    do { settings = try APISettings(reader: try await SettingsReader()) } catch let error as SettingsError {
      try output.print(DoctorReport(error))
      throw ProgramFailure(.configuration, "\(counted(error.problems.count, "setting")) cannot be used")
    }
    let report = DoctorReport(await Doctor(settings: settings).findings())
    try output.print(report)
    if let failure = report.failure { throw failure }
  }
}
