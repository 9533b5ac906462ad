import NIOConcurrencyHelpers

/// Whether the process still wants work: turns false for good when shutdown begins, before anything closes.
package final class Readiness: Sendable {
  private let draining = NIOLockedValueBox(false)

  package init() {}

  package var isDraining: Bool { draining.withLockedValue { $0 } }

  package func beginDraining() {
    draining.withLockedValue { $0 = true }
  }
}
