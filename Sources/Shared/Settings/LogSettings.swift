package import Logging
package import Telemetry

/// How a program logs: `LOG_LEVEL` (`info`), `LOG_FORMAT` (`json`; `console` on a terminal).
package struct LogSettings: Sendable {
  package let level: Logger.Level
  package let format: LogFormat

  package init(reader: SettingsReader) {
    level = reader.choice(
      "LOG_LEVEL", default: .info,
      [
        "trace": .trace, "debug": .debug, "info": .info, "notice": .notice, "warning": .warning,
        "error": .error, "critical": .critical,
      ])
    format = reader.choice("LOG_FORMAT", default: .automatic, ["json": .json, "console": .console])
  }

  /// Installs the process's log handler and returns its first logger.
  package func bootstrap(label: String) -> Logger {
    bootstrapLogging(format: format, level: level)
    return Logger(label: label)
  }
}
