/// Decides how long the worker pauses while a dependency is away: nothing at first, then growing with jitter up to
/// one second, so that work resumes within two seconds of the dependency's return. Pure; owned under a lock.
struct OutageBackoff: Sendable {
  private var failures = 0

  /// A dependency did not answer.
  mutating func dependencyFailed() { failures += 1 }

  /// Work was done from end to end.
  mutating func workSucceeded() { failures = 0 }

  /// How long to rest before asking for work again; nil when all is well.
  ///
  /// - Parameter jitter: A random number in `0..<1`.
  func pause(jitter: Double) -> Duration? {
    guard failures > 0 else { return nil }
    let bound = min(Duration.seconds(1), .milliseconds(50) * (1 << min(failures, 6)))
    return bound / 2 + bound / 2 * jitter
  }
}
