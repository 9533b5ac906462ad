import HTTPTypes
import RateLimit

/// A failure on a limited route: answered like its cause, with the limit's fields.
struct LimitedFailure: Error, CustomStringConvertible {
  let cause: any Error
  let fields: HTTPFields

  init(cause: any Error, fields: HTTPFields) {
    self.cause = cause
    self.fields = fields
  }

  init(_ cause: any Error, _ ticket: RateTicket) {
    self.init(cause: cause, fields: RateLimitFields.of(ticket))
  }

  var description: String { "\(cause)" }
}
