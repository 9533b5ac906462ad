import Foundation
import Synchronization

/// Ends the process, loudly, when a case takes longer than any may: a hang would otherwise have no end.
final class FuzzWatchdog: Sendable {
  private static let patience = 60

  private let beats = Atomic(0)
  private let isStopped = Atomic(false)

  init(name: String, seed: UInt64, caseFile: String) {
    Thread.detachNewThread { [self] in
      var (seen, silence) = (0, 0)
      while !isStopped.load(ordering: .relaxed) {
        Thread.sleep(forTimeInterval: 1)
        let beats = beats.load(ordering: .relaxed)
        silence = beats == seen ? silence + 1 : 0
        seen = beats
        if silence > Self.patience {
          fatalError("\(name): FUZZ_SEED=\(seed): a case took more than \(Self.patience) s: see \(caseFile)")
        }
      }
    }
  }

  /// A case begins.
  func beat() { beats.wrappingAdd(1, ordering: .relaxed) }

  func stop() { isStopped.store(true, ordering: .relaxed) }
}
