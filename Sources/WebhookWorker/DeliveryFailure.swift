import Conversations
import Postgres
import Queue

/// What an error means for the event it happened to.
enum DeliveryFailure: Sendable, Equatable {
  /// Postgres, the network or this process's end: costs no attempt, or an outage would fill the dead letters.
  case dependencyAway
  /// Nothing came within our own deadline: the server is silent, or this is too much for one transaction. Costs no
  /// attempt either.
  case unanswered
  /// May succeed another time; costs an attempt.
  case retryable(FailureDescription)
  /// The data is refused and always will be.
  case permanent(FailureDescription)

  init(_ error: any Error) {
    switch error {
    case let error as PostgresError: self.init(error)
    case let error as RequestRejection:
      self = .permanent(FailureDescription(failureClass: error.code.rawValue, message: error.detail))
    case let error as JSONError:
      self = .permanent(FailureDescription(failureClass: "JSONError", message: "\(error)"))
    case is CancellationError: self = .dependencyAway
    default:
      self = .retryable(FailureDescription(failureClass: "\(type(of: error))", message: "\(error)"))
    }
  }

  private init(_ error: PostgresError) {
    let state = error.sqlState ?? ""
    let description = FailureDescription(
      failureClass: state.isEmpty ? "\(error.code)" : state, message: "\(error)")
    if error.code == .deadline {
      self = .unanswered
    } else if error.isInfrastructure || [.cancelled, .shutDown].contains(error.code) {
      self = .dependencyAway
    } else if state.hasPrefix("22") || (state.hasPrefix("23") && state != "23503") {
      // Bad data and broken constraints. A missing table (42…) is a deployment's fault and may be mended.
      self = .permanent(description)
    } else {
      self = .retryable(description)
    }
  }
}
