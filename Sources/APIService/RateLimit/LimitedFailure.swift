import HTTPTypes
import RateLimit

/// A failure on a limited route: answered like its cause, with the limit's fields.
struct LimitedFailure: Error, CustomStringConvertible {
  let cause: any Error
  let fields: HTTPFields

  init(_ cause: any Error, _ ticket: RateTicket) {
    self.cause = cause
    fields = RateLimitFields.of(ticket)
  }

  var description: String { "\(cause)" }
}
