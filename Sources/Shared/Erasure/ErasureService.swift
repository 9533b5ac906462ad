package import Logging
import ServiceLifecycle
import Telemetry

/// Does what deletions have left to be done. All processes run it; each erasure is with one of them at a time.
package struct ErasureService: Service {
  private let eraser: Eraser
  private let logger: Logger

  package init(eraser: Eraser, logger: Logger) {
    self.eraser = eraser
    self.logger = logger
  }

  package func run() async {
    var isFailing = false
    while !Task.isEnding {
      do {
        let count = try await eraser.eraseDue()
        isFailing = false
        if count > 0 { logger.debug("erased", metadata: [LogKey.count: "\(count)"]) } else { await rest() }
      } catch {
        if !isFailing, !Task.isEnding {
          logger.warning("erasure failed, it is tried again", metadata: [LogKey.error: "\(error)"])
        }
        isFailing = true
        await rest()
      }
    }
  }

  private func rest() async { await Task.rest(for: .seconds(1) * Double.random(in: 0.8..<1.2)) }
}
