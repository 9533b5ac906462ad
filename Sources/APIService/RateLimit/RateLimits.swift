import Cache
import Conversations
import HTTPTypes
import Keyspace
import RateLimit
import Telemetry

/// The limits of the API, each for subjects of its own kind.
struct RateLimits: Sendable {
  /// Of failed webhook authentications per client address. Not a setting: nobody needs more.
  private static let webhookQuota = Quota(requests: 60, windowSeconds: 60)

  private let user: RateLimiter?
  private let service: RateLimiter?
  private let authentication: RateLimiter?
  private let webhook: RateLimiter

  init(_ settings: RateLimitSettings, cache: Cache, metrics: PrometheusMetrics) {
    func limiter(_ kind: String, _ quota: Quota) -> RateLimiter {
      let metrics = RateLimitMetrics(metrics, limit: kind)
      return RateLimiter(quota, cache: cache, onStoreError: settings.onStoreError) { metrics.count($0) }
    }
    user = settings.user.map { limiter("user", $0) }
    service = settings.service.map { limiter("service", $0) }
    authentication = settings.user.map { limiter("authentication", $0) }
    webhook = limiter("webhook", Self.webhookQuota)
  }

  /// For a request of this principal; nil when it has no limit.
  func ticket(for principal: Principal) -> RateTicket? {
    switch principal.role {
    case .user: user?.ticket(for: .user(principal.userID))
    case .service, .admin: service?.ticket(for: .service(principal.userID))
    }
  }

  /// Counts a failed authentication against the client's address. Whoever has failed too often is told so, instead of what
  /// was wrong; a token that is good is never refused for it.
  ///
  /// - Returns: what to answer.
  func refusal(of failure: Problem, from address: ClientAddress) async -> any Error {
    guard failure.status == .unauthorized,
      let ticket = authentication?.ticket(for: .address(address.limitKey))
    else { return failure }
    do {
      try await ticket.pass()
      return LimitedFailure(failure, ticket)
    } catch {
      return LimitedFailure(error, ticket)
    }
  }

  /// The same for a webhook; only who has failed too often is told of the limit. The intake is exempt otherwise.
  ///
  /// - Returns: what to answer.
  func webhookRefusal(of failure: Problem, from address: ClientAddress) async -> any Error {
    let ticket = webhook.ticket(for: .webhook(address.limitKey))
    do {
      try await ticket.pass()
      return failure
    } catch {
      return LimitedFailure(error, ticket)
    }
  }
}
