internal import Keyspace

/// What this process alone knows of the subjects of one limit, for when Redis does not answer. Owned under a lock.
///
/// What Redis says of each is kept, and from there we count on: one late answer must not be worth a whole quota. Keeping only
/// those who have little left would be cheaper, but whoever is not kept would have to be taken for new, and be given a quota,
/// or for known, and be refused half of it when Redis is away from the start.
struct LocalWindows: Sendable {
  /// With 100 requests each, counted here, they take some 10 MB together; while Redis counts, a tenth of that.
  static let capacity = 10_000

  private let quota: Quota
  private let capacity: Int
  private var accounts: [RateSubject: LocalAccount] = [:]

  /// - Parameter capacity: the most subjects that are known at a time.
  init(_ quota: Quota, capacity: Int = LocalWindows.capacity) {
    self.quota = quota
    self.capacity = capacity
  }

  /// Takes note of what Redis decided.
  mutating func note(_ decision: RateDecision, on subject: RateSubject, now: Microseconds) {
    makeRoom(for: subject, now: now)
    let balance = RateBalance(decision, quota, now: now)
    accounts[subject, default: .told(balance)].told(balance)
  }

  /// Decides where Redis did not.
  mutating func admit(_ subject: RateSubject, now: Microseconds) -> RateDecision {
    makeRoom(for: subject, now: now)
    return accounts[subject, default: .told(.full(quota, now: now))].admit(now: now, quota)
  }

  /// The idle go, which are as if they had never been. When that is not worth the look at all of them, the half that was
  /// not seen for the longest goes as well: they are more than one process is meant to serve, and the limit of nobody in
  /// particular is worth their memory.
  private mutating func makeRoom(for subject: RateSubject, now: Microseconds) {
    guard accounts.count >= capacity, accounts[subject] == nil else { return }
    accounts = accounts.filter { !$0.value.isIdle(now: now, quota) }
    guard accounts.count > capacity - capacity / 8 else { return }
    let latest = accounts.sorted { $0.value.balance.moment > $1.value.balance.moment }.prefix(capacity / 2)
    accounts = Dictionary(uniqueKeysWithValues: latest.lazy.map { ($0.key, $0.value) })
  }
}
