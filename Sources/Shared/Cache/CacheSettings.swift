/// The limits of a ``Cache``.
package struct CacheSettings: Sendable {
  /// Whether and how Redis is trusted.
  package enum Mode: String, Sendable, CaseIterable {
    /// A hit is served only when it is verified.
    case strict
    /// A hit is served, marked, also when it cannot be verified.
    case available
    /// Nothing is read from Redis or stored there. Where it can be reached, writes are made known to it all the same, for
    /// the sake of instances that do read from it.
    case off
  }

  /// See ``Mode``.
  package var mode = Mode.strict
  /// The upper bound of a value's life; each is shortened by up to a tenth, so that what was filled together does
  /// not expire together.
  package var timeToLive: Duration = .seconds(300)
  /// The part of its life after which a value that is read is refreshed in the background; 240 s of 300.
  package var softFraction = 0.8
  /// The life of an absence, random within; never longer than ``timeToLive``.
  package var negativeTimeToLive: ClosedRange<Duration> = .seconds(15)...(.seconds(30))
  /// How long Redis may keep silent, or take for one question, before a read goes to the database. Waiting for others
  /// that Redis answers first does not count.
  package var redisBudget: Duration = .milliseconds(50)
  /// For commands that no reader waits for: storing, giving a lease back, invalidating.
  package var commandTimeout: Duration = .milliseconds(500)
  /// How long the right to fill lasts; longer loads are overtaken by somebody else's.
  package var leaseDuration: Duration = .seconds(2)
  /// How long a read waits for another instance to fill.
  package var waitLimit: Duration = .milliseconds(150)
  /// The bytes of header and body, as they are stored, above which an answer is not.
  package var maximumValueBytes = 1 << 20
  /// Loads at a time while Redis is away; further ones are ``CacheError/Code/overloaded``.
  package var maximumDirectLoads = 64
  /// How long an invalidation that Redis does not confirm is tried again.
  package var invalidationLimit: Duration = .milliseconds(500)
  /// How old an answer may be, after the commit that outdated it, whatever fails: hits count for so long after somebody
  /// has seen to it that everything committed before is invalidated. The same in all processes and releases.
  package var stalenessBound: Duration = .seconds(5)

  package init() {}
}
