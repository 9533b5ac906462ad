import Foundation
import Glibc
import Logging
import Settings
import Telemetry

/// Decides when a process that hangs is to be ended. Pure.
///
/// It counts time by its own looks: a process that was stopped, or a machine that slept, has seen none meanwhile, and
/// gets as much time to go on as if it had hung just now.
struct HangPatience: Sendable {
  /// Between two looks.
  static let interval = Duration.seconds(1)
  /// What a hang gets beyond the heartbeat's limit: the time in which a cancelled batch gives up.
  static let grace = Duration.seconds(3)

  private var lastLook: ContinuousClock.Instant?
  private var hanging = Duration.zero

  /// - Returns: Whether the hang has been there for too long.
  mutating func look(at now: ContinuousClock.Instant, _ hang: LoopHeartbeat.Hang?) -> Bool {
    let elapsed = lastLook.map { now - $0 } ?? .zero
    lastLook = now
    hanging = hang != nil && elapsed < Self.interval * 3 ? hanging + elapsed : .zero
    return hanging >= Self.grace
  }
}

/// Ends a process whose loop or batch hangs and ignores its cancellation: what it holds goes to others when its lease
/// runs out, whereas a process that lives on would keep it for ever.
///
/// On a thread of its own until the process ends, since whatever hangs may have all of Swift's, also at a shutdown.
struct Watchdog: Sendable {
  let heartbeat: LoopHeartbeat
  let logger: Logger

  func start() {
    Thread.detachNewThread {
      var patience = HangPatience()
      while true {
        Thread.sleep(forTimeInterval: HangPatience.interval / .seconds(1))
        let now = ContinuousClock.now
        let hang = heartbeat.hang(at: now)
        if patience.look(at: now, hang), let hang { end(hang) }
      }
    }
  }

  private func end(_ hang: LoopHeartbeat.Hang) -> Never {
    let (what, since) =
      switch hang {
      case .loop(let since): ("the consume loop", since)
      case .batch(let since): ("a batch", since)
      }
    logger.critical(
      "hanging: the process ends, others take over what it holds",
      metadata: [LogKey.hanging: "\(what)", LogKey.durationMilliseconds: "\(since.milliseconds)"])
    // At once: an orderly end would wait for what hangs.
    _exit(ProgramExitCode.failure.rawValue)
  }
}
