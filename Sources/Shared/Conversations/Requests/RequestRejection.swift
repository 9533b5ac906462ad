/// Why a request cannot be taken as it is. Never retryable: the same bytes will be refused again.
package struct RequestRejection: Error, Equatable, Sendable {
  /// The kind of refusal; the raw value is the problem's `code`.
  package enum Code: String, Sendable {
    /// 400: not JSON, or JSON that two parsers would read differently.
    case malformedBody = "malformed_body"
    /// 400: query parameters.
    case invalidParameters = "invalid_parameters"
    /// 403: a member only other roles may send.
    case forbiddenField = "forbidden_field"
    /// 422: JSON of the wrong shape or with values that are not allowed.
    case invalidBody = "invalid_body"
  }

  /// The kind of refusal.
  package let code: Code
  /// For people; holds nothing of the request but names.
  package let detail: String
  /// What exactly is wrong, where that can be told.
  package let errors: [FieldError]

  /// Faults worth listing: a hostile body could have hundreds of thousands.
  static let maximumErrors = 50

  /// All three; of the errors the first fifty.
  package init(_ code: Code, detail: String, errors: [FieldError] = []) {
    self.code = code
    self.detail = detail
    self.errors = Array(errors.prefix(Self.maximumErrors))
  }

  /// The HTTP status the contract gives it.
  package var status: Int {
    switch code {
    case .malformedBody, .invalidParameters: 400
    case .forbiddenField: 403
    case .invalidBody: 422
    }
  }

  /// A cursor that was not made for the list and filters it came with.
  package static let foreignCursor = RequestRejection(
    .invalidParameters, detail: "The query has invalid parameters: see errors.",
    errors: [
      FieldError(
        .parameter("cursor"), code: "invalid",
        detail: "Must be empty, or a nextCursor of this list with the same filters.")
    ])

  static func malformed(_ error: JSONError) -> RequestRejection {
    RequestRejection(.malformedBody, detail: "The body is not valid JSON: \(error).")
  }

  static func invalid(_ errors: [FieldError]) -> RequestRejection {
    RequestRejection(.invalidBody, detail: "The body has invalid values: see errors.", errors: errors)
  }
}
