package import ArgumentParser

extension AsyncParsableCommand {
  /// Runs the program's command line to its end. Errors end here with an exit code: one that leaves `main` costs
  /// seconds of backtrace.
  package static func runToExit() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      ProgramExitCode.success.end()
    } catch {
      if let failure = ProgramFailure(error) { failure.exit() }
      exit(withError: error)
    }
  }
}
