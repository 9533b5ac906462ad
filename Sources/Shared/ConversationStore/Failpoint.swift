#if DEBUG
  /// Where a test may stop a writer or the relay as its death would; not in a release build.
  package enum Failpoint: Sendable {
    case afterCommit, afterLSN, betweenInvalidations, beforeWatermark

    /// What stops them; inherited by the tasks that the test starts.
    @TaskLocal package static var handler: (@Sendable (Failpoint) async -> Void)?

    /// - Parameter before: done first where somebody watches.
    func pass(_ before: () async -> Void = {}) async {
      guard let handler = Self.handler else { return }
      await before()
      await handler(self)
    }
  }
#endif
