/// Where the time of a read went, for `Server-Timing`.
package struct ReadTimes: Sendable {
  /// Waiting for Redis, or for what another instance was about to put there; nil when it was not asked.
  package private(set) var redis: Duration?
  /// Waiting for the database, also for a load that another reader began; nil when no load was waited for.
  package private(set) var database: Duration?
  private var mark = ContinuousClock.now

  enum Part { case redis, database }

  /// What has passed since the last call was spent on this part; nil: on neither.
  mutating func lap(_ part: Part?) {
    let now = ContinuousClock.now
    switch part {
    case .redis: redis = (redis ?? .zero) + (now - mark)
    case .database: database = (database ?? .zero) + (now - mark)
    case nil: break
    }
    mark = now
  }
}
