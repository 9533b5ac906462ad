import RateLimit
import Settings

/// How many requests are answered: `RATE_LIMIT_…`.
struct RateLimitSettings: Sendable {
  /// `RATE_LIMIT_REQUESTS` (100) in any `RATE_LIMIT_WINDOW_SECONDS` (60), of each user, and of failed authentications of
  /// each client address. Nil: 0 requests, which turns it off.
  var user: Quota? = Quota(requests: 100, windowSeconds: 60)
  /// `RATE_LIMIT_SERVICE_REQUESTS` (0) in the same window, of each principal of the role service or admin.
  var service: Quota?
  /// `RATE_LIMIT_ON_STORE_ERROR` (`local`): what to do while Redis does not count.
  var onStoreError = RateLimiter.OnStoreError.local

  init() {}

  init(reader: SettingsReader) {
    let window = reader.integer("RATE_LIMIT_WINDOW_SECONDS", default: 60, in: 1...86_400)
    func quota(_ name: String, default value: Int) -> Quota? {
      let requests = reader.integer(name, default: value, in: 0...1_000_000)
      return requests > 0 ? Quota(requests: requests, windowSeconds: window) : nil
    }
    user = quota("RATE_LIMIT_REQUESTS", default: 100)
    service = quota("RATE_LIMIT_SERVICE_REQUESTS", default: 0)
    onStoreError = reader.choice(
      "RATE_LIMIT_ON_STORE_ERROR", default: .local, ["local": .local, "allow": .allow, "deny": .deny])
  }
}
