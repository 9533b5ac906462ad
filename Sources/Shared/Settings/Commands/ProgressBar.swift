import Foundation
import Glibc
import NIOConcurrencyHelpers

/// A bar on standard error, when that is a terminal and the work takes longer than a second; gone at the end.
package final class ProgressBar: Sendable {
  private let title: String
  private let isTerminal: Bool
  private let start = ContinuousClock.now
  private let lastDrawn = NIOLockedValueBox<ContinuousClock.Instant?>(nil)

  package init(_ title: String, isTerminal: Bool = isatty(STDERR_FILENO) == 1) {
    self.title = title
    self.isTerminal = isTerminal
  }

  /// To be called at each step; it draws ten times a second at most.
  package func show(_ done: Int, of total: Int) {
    let now = ContinuousClock.now
    guard isTerminal, now - start >= .seconds(1) else { return }
    lastDrawn.withLockedValue { last in
      if let last, now - last < .milliseconds(100) { return }
      last = now
      write("\r\(Self.line(title, done, of: total))\u{1B}[K")
    }
  }

  /// To be called before anything else is printed.
  package func clear() {
    if lastDrawn.withLockedValue({ $0 }) != nil { write("\r\u{1B}[K") }
  }

  /// `replaying [##########----------] 500 of 1000`.
  package static func line(_ title: String, _ done: Int, of total: Int, width: Int = 30) -> String {
    let share = total > 0 ? min(1, Double(done) / Double(total)) : 1
    let full = Int(share * Double(width))
    let bar = String(repeating: "#", count: full) + String(repeating: "-", count: width - full)
    return "\(title) [\(bar)] \(done) of \(total)"
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
