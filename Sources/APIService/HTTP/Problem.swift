import Conversations
import HTTPTypes

/// An answer that is an error: RFC 9457 problem details. Handlers throw it; one middleware writes it.
struct Problem: Error, Sendable {
  let status: HTTPResponse.Status
  /// Stable, for programs: `not_found`, `invalid_parameter`, …
  let code: String
  /// For people; never holds a secret or what another user owns.
  let detail: String
  var errors: [FieldError] = []
  var headers: HTTPFields = [:]

  static let notFound = Problem(status: .notFound, code: "not_found", detail: "there is no such resource")

  static func unauthorized(_ detail: String) -> Problem {
    Problem(
      status: .unauthorized, code: "unauthorized", detail: detail, headers: [.wwwAuthenticate: "Bearer"])
  }

  static func forbidden(_ code: String, _ detail: String) -> Problem {
    Problem(status: .forbidden, code: code, detail: detail)
  }

  static func badRequest(_ code: String, _ detail: String, errors: [FieldError] = []) -> Problem {
    Problem(status: .badRequest, code: code, detail: detail, errors: errors)
  }

  static func unprocessable(_ code: String, _ detail: String, errors: [FieldError] = []) -> Problem {
    Problem(status: .unprocessableContent, code: code, detail: detail, errors: errors)
  }

  /// Overload or an absent dependency: comes with `Retry-After`.
  static func unavailable(_ code: String, _ detail: String, retryAfter: Int = 1) -> Problem {
    Problem(
      status: .serviceUnavailable, code: code, detail: detail, headers: [.retryAfter: String(retryAfter)])
  }

  static func methodNotAllowed(allow: String) -> Problem {
    Problem(
      status: .methodNotAllowed, code: "method_not_allowed", detail: "this resource allows \(allow)",
      headers: [.allow: allow])
  }
}
