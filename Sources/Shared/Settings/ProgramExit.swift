import Foundation

/// Exit codes of both programs, from `sysexits.h` where it has one.
package enum ProgramExitCode: Int32, Sendable {
  case success = 0
  case failure = 1
  /// A one-shot command could not reach a dependency.
  case unavailable = 69
  /// Bad settings, all of them listed.
  case configuration = 78
}

extension ProgramExitCode {
  /// Ends the process at once. The C library's own exit would first run what libraries left to be cleaned up: that of
  /// OpenSSL takes away what a network thread may still be using, which now and then ended a process with a fault.
  package func end() -> Never {
    // Whether all output got out; a pipe whose reader left ends the process by its signal.
    let isComplete = fflush(nil) == 0
    _exit(isComplete || self != .success ? rawValue : ProgramExitCode.failure.rawValue)
  }
}

/// A command's end that is not success: its text goes to standard error, its code to the shell.
package struct ProgramFailure: Error, Sendable, CustomStringConvertible {
  package let exitCode: ProgramExitCode
  package let description: String

  package init(_ exitCode: ProgramExitCode, _ description: String) {
    self.exitCode = exitCode
    self.description = description
  }

  /// What to do with an error that ends a program; nil when it is not one of ours (usage, help).
  package init?(_ error: any Error) {
    switch error {
    case let failure as ProgramFailure: self = failure
    case let settings as SettingsError: self.init(.configuration, settings.description)
    default: return nil
    }
  }

  /// Prints the text and ends the process.
  package func exit() -> Never {
    FileHandle.standardError.write(Data("error: \(description)\n".utf8))
    exitCode.end()
  }
}
