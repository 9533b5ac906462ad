import Foundation
import Glibc
import NIOConcurrencyHelpers
import Queue

/// A bar on standard error, when that is a terminal and the work takes longer than a second; gone at the end.
final class ProgressBar: Sendable {
  private struct State {
    var lastDrawn: ContinuousClock.Instant?
  }

  private let title: String
  private let isTerminal: Bool
  private let start = ContinuousClock.now
  private let state = NIOLockedValueBox(State())

  init(_ title: String, isTerminal: Bool = isatty(STDERR_FILENO) == 1) {
    self.title = title
    self.isTerminal = isTerminal
  }

  func show(_ progress: BulkProgress) {
    let now = ContinuousClock.now
    guard isTerminal, now - start >= .seconds(1) else { return }
    state.withLockedValue { state in
      if let last = state.lastDrawn, now - last < .milliseconds(100) { return }
      state.lastDrawn = now
      write("\r\(Self.line(title, progress))\u{1B}[K")
    }
  }

  func clear() {
    if state.withLockedValue({ $0.lastDrawn != nil }) { write("\r\u{1B}[K") }
  }

  /// `replaying [##########----------] 500 of 1000`.
  static func line(_ title: String, _ progress: BulkProgress, width: Int = 30) -> String {
    let share = progress.total > 0 ? min(1, Double(progress.done) / Double(progress.total)) : 1
    let full = Int(share * Double(width))
    let bar = String(repeating: "#", count: full) + String(repeating: "-", count: width - full)
    return "\(title) [\(bar)] \(progress.done) of \(progress.total)"
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
