import HTTPTypes
import RateLimit

/// What an answer tells of the limit: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10), and the
/// `X-RateLimit-…` that many clients know, in seconds as NestJS has them.
enum RateLimitFields {
  /// Nothing when the request was not counted.
  static func of(_ ticket: RateTicket) -> HTTPFields {
    var fields = HTTPFields()
    add(of: ticket, to: &fields)
    return fields
  }

  /// The same, one after the other.
  static func add(of ticket: RateTicket, to sink: inout some FieldSink) {
    guard let decision = ticket.decision else { return }
    let (limit, remaining) = (String(ticket.quota.requests), String(decision.remaining))
    let seconds = String(decision.wait.wholeSeconds)
    sink.add(.rateLimitPolicy, "\"default\";q=\(limit);w=\(ticket.quota.windowSeconds)")
    sink.add(.rateLimit, "\"default\";r=\(remaining);t=\(seconds)")
    sink.add(.xRateLimitLimit, limit)
    sink.add(.xRateLimitRemaining, remaining)
    sink.add(.xRateLimitReset, seconds)
  }
}

extension Duration {
  /// Rounded up: whoever waits for so long has waited long enough.
  var wholeSeconds: Int64 { components.seconds + (components.attoseconds > 0 ? 1 : 0) }
}

extension HTTPField.Name {
  static let rateLimit = known("RateLimit")
  static let rateLimitPolicy = known("RateLimit-Policy")
  static let xRateLimitLimit = known("X-RateLimit-Limit")
  static let xRateLimitRemaining = known("X-RateLimit-Remaining")
  static let xRateLimitReset = known("X-RateLimit-Reset")
}
