import Logging
import NIOConcurrencyHelpers
import ServiceLifecycle
import Telemetry

/// An identity provider's keys, kept up to date. The last good set stays while the source is down or sends nonsense.
///
/// An actor, because fetching is waited for by everyone who needs it: state changes only between its awaits, and `fetch`
/// is joined while one is under way.
actor PublicKeys: Service {
  private struct Published: Sendable {
    var set: PublicKeySet?
    var version = 0
    var since: ContinuousClock.Instant?
  }

  private nonisolated let published = NIOLockedValueBox(Published())
  private var schedule = KeySetSchedule()
  private var underway: Task<Void, Never>?
  private let fetch: @Sendable () async throws(KeySetError) -> PublicKeySet
  private let now: @Sendable () -> ContinuousClock.Instant
  private let observe: @Sendable (_ succeeded: Bool) -> Void
  private let logger: Logger

  /// - Parameters:
  ///   - observe: told of each fetch.
  ///   - now: the clock of the cool-down.
  init(
    logger: Logger, observe: @escaping @Sendable (_ succeeded: Bool) -> Void = { _ in },
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
    fetch: @escaping @Sendable () async throws(KeySetError) -> PublicKeySet
  ) {
    self.logger = logger
    self.observe = observe
    self.now = now
    self.fetch = fetch
  }

  /// Grows whenever the keys change: what was concluded from others no longer counts.
  nonisolated var version: Int { published.withLockedValue { $0.version } }

  /// How long ago the present set was last confirmed; nil before the first.
  nonisolated var age: Duration? {
    published.withLockedValue { $0.since }.map { now() - $0 }
  }

  /// The keys with this id. For an unknown one the source is asked again, unless it was just asked, because it may be
  /// new; who has a known key never waits.
  ///
  /// - Throws: 401 when there is no such key. 503 as long as no set was ever fetched: nothing can be said of the token
  ///   then, and a 401 would make clients drop tokens that are good.
  nonisolated func keys(named id: String) async throws(Problem) -> [TokenKey] {
    if let keys = current?[id] { return keys }
    await askAgain()
    guard let set = current else {
      throw .unavailable("keys_unavailable", "the keys that tokens are verified by cannot be fetched now")
    }
    guard let keys = set[id] else { throw .unauthorized("the token's key (kid) is not known") }
    return keys
  }

  /// Takes the first set, which somebody has fetched to see whether it can be used.
  func begin(with set: PublicKeySet) {
    publish(set)
    ended(true)
  }

  /// Fetches regularly, and now if nobody has yet, until the end of the program.
  func run() async {
    while true {
      await Task.rest(for: schedule.pause)
      guard !Task.isEnding else { return }
      await refresh()
    }
  }

  private nonisolated var current: PublicKeySet? { published.withLockedValue { $0.set } }

  private func askAgain() async {
    guard underway != nil || schedule.mayAskAgain(at: now()) else { return }
    await refresh()
  }

  /// Fetches, or waits for the fetch under way.
  func refresh() async {
    if let underway { return await underway.value }
    // Awaited right below. Not a part of the first asker's request, which may be cancelled while others wait.
    let task = Task.detached { await self.replace() }
    underway = task
    await task.value
  }

  private func replace() async {
    do {
      let set = try await fetch()
      publish(set)
      ended(true)
    } catch {
      ended(false)
      logger.warning("key set not fetched", metadata: [LogKey.error: "\(error)"])
    }
  }

  private func ended(_ succeeded: Bool) {
    schedule.fetched(succeeded, at: now())
    underway = nil
    observe(succeeded)
  }

  private func publish(_ set: PublicKeySet) {
    let isNew = published.withLockedValue { published in
      let isNew = published.set.map { !$0.holdsSame(as: set) } ?? true
      if isNew { published.version += 1 }
      published.set = set
      published.since = now()
      return isNew
    }
    guard isNew else { return }
    logger.notice(
      "key set", metadata: [LogKey.count: "\(set.usable)", LogKey.skippedKeys: "\(set.skipped)"])
  }
}
