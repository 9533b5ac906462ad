/// At most so many requests in any window of so many seconds.
package struct Quota: Sendable, Hashable {
  /// At least one.
  package let requests: Int
  /// At least one second, and whole seconds.
  package let windowSeconds: Int

  package init(requests: Int, windowSeconds: Int) {
    precondition(requests > 0 && windowSeconds > 0, "\(requests) requests in \(windowSeconds) s are no quota")
    self.requests = requests
    self.windowSeconds = windowSeconds
  }

  var window: Microseconds { Microseconds(windowSeconds) * 1_000_000 }

  /// Up to here the moments themselves are kept, 10 bytes each; above it they are counted by the hundredth of the window.
  private static let longestLog = 500

  /// Which of the two ways of counting this quota takes.
  var usesLog: Bool { requests <= Self.longestLog }
}

/// A moment of some clock, or a distance.
typealias Microseconds = Int64
