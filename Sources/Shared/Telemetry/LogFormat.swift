import Glibc
package import Logging

/// How log lines look: `LOG_FORMAT`.
package enum LogFormat: Sendable {
  /// One JSON object a line, for machines.
  case json
  /// Time, level, message and facts, for people.
  case console

  /// JSON, unless standard error is a terminal.
  package static var automatic: LogFormat { isatty(STDERR_FILENO) == 1 ? .console : .json }
}

/// Installs our handler for the process; called once, by a program's start.
package func bootstrapLogging(format: LogFormat, level: Logger.Level) {
  LoggingSystem.bootstrap { label in
    LineLogHandler(label: label, format: format, logLevel: level)
  }
}
