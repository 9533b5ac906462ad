import Cache
import ConversationStore
import Conversations
import HTTPTypes
import Hummingbird
import NIOCore
import Postgres
import Queue
import RateLimit
import Telemetry

/// The one place where errors of the modules below become answers.
extension Problem {
  init(_ error: any Error) {
    switch error {
    case let problem as Problem: self = problem
    case let rejection as RequestRejection: self.init(rejection)
    case let refusal as WriteRefusal: self.init(refusal)
    case is ConcurrentChange: self = .unavailable("conflict", "the conversation changes too fast: try again")
    case let error as PostgresError: self.init(error)
    case let error as CacheError: self = Self.of(error)
    case let error as QueueError: self = Self.of(error)
    case let error as RateLimitError: self.init(error)
    case let failure as LimitedFailure:
      self.init(failure.cause)
      headers.append(contentsOf: failure.fields)
    case let error as HTTPError: self.init(error)
    case is NIOTooManyBytesError: self.init(HTTPError(.contentTooLarge))
    case is RequestDeadline.Exceeded: self = .late("the request was not answered in time")
    case is CancellationError: self = .unavailable("shutting_down", "the service is shutting down")
    default: self = .internalError
    }
  }

  /// What we did not foresee; the cause is in the log, under the request's id.
  private static let internalError = Problem(
    status: .internalServerError, code: "internal_error", detail: "the request could not be served")

  private static func late(_ detail: String) -> Problem {
    Problem(status: .gatewayTimeout, code: "deadline_exceeded", detail: detail)
  }

  private init(_ rejection: RequestRejection) {
    self.init(
      status: Self.status(of: rejection), code: rejection.code.rawValue, detail: rejection.detail,
      errors: rejection.errors)
  }

  private static func status(of rejection: RequestRejection) -> HTTPResponse.Status {
    switch rejection.code {
    case .malformedBody, .invalidParameters: .badRequest
    case .forbiddenField: .forbidden
    case .invalidBody: .unprocessableContent
    }
  }

  init(_ refusal: WriteRefusal) {
    switch refusal {
    case .notFound: self = .notFound
    case .externalIDTaken:
      self.init(
        status: .conflict, code: "external_id_taken", detail: "the externalId belongs to another conversation"
      )
    case .preconditionFailed:
      self.init(
        status: .preconditionFailed, code: "precondition_failed",
        detail: "the conversation is not the version that If-Match names")
    case .requestInProgress:
      self.init(
        status: .conflict, code: "request_in_progress",
        detail: "a request with this Idempotency-Key is still being carried out", headers: [.retryAfter: "1"])
    case .keyReused:
      self = .unprocessable(
        "idempotency_key_reused", "the Idempotency-Key was sent with another request before: take a new one")
    case .creationDeleted:
      self.init(
        status: .conflict, code: "conversation_deleted",
        detail: "the conversation that this Idempotency-Key created has been deleted")
    }
  }

  private init(_ error: PostgresError) {
    if error.code == .cancelled || error.code == .shutDown {
      self = .unavailable("shutting_down", "the service is shutting down")
    } else if error.isTimeout {
      self = .late("the database did not answer in time")
    } else if error.isInfrastructure || error.isRetryable {
      self = .unavailable("database_unavailable", "the database cannot be reached")
    } else if error.sqlState?.hasPrefix("22") == true {
      self = .unprocessable("invalid_value", "the database refuses a value of the request")
    } else {
      self = .internalError
    }
  }

  private static func of(_ error: CacheError) -> Problem {
    error.isRetryable ? .unavailable("overloaded", "too many requests wait for the database") : .internalError
  }

  private static func of(_ error: QueueError) -> Problem {
    .unavailable("queue_unavailable", "the queue cannot take the event now", retryAfter: 5)
  }

  private init(_ error: RateLimitError) {
    let seconds = max(1, error.retryAfter.wholeSeconds)
    switch error.code {
    case .exceeded:
      self.init(
        status: .tooManyRequests, code: "rate_limited", detail: "\(error.detail): try again in \(seconds) s",
        headers: [.retryAfter: String(seconds)])
    case .notCounted: self = .unavailable("rate_limit_unavailable", error.detail, retryAfter: Int(seconds))
    }
  }

  private init(_ error: HTTPError) {
    switch error.status {
    case .notFound: self = .notFound
    case .contentTooLarge:
      self.init(status: error.status, code: "body_too_large", detail: "the body exceeds this route's limit")
    default:
      self.init(
        status: error.status, code: "http_\(error.status.code)",
        detail: error.body ?? error.status.reasonPhrase)
    }
  }
}
