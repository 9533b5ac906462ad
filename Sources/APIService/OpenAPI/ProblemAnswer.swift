import HTTPTypes

/// A status that is an error, as the document tells of it; all of them are problem details.
struct ProblemAnswer: Sendable, Hashable {
  let status: HTTPResponse.Status
  /// Its name in the document's components.
  let name: String
  let details: String
  /// Every `code` that comes with it, the likeliest first.
  let codes: [String]
  let headers: [Header]

  init(
    _ status: HTTPResponse.Status, _ name: String, codes: [String], _ details: String, headers: [Header] = []
  ) {
    self.status = status
    self.name = name
    self.details = details
    self.codes = codes
    self.headers = headers
  }

  static let badRequest = ProblemAnswer(
    .badRequest, "BadRequest",
    codes: [
      "invalid_parameters", "malformed_body", "incomplete_body", "malformed_request", "invalid_host",
      "invalid_idempotency_key",
      "invalid_webhook_id", "http_400",
    ],
    "The request cannot be read: a query parameter that is unknown, repeated or out of range, a body that is not JSON, or HTTP that is malformed."
  )
  static let unauthorized = ProblemAnswer(
    .unauthorized, "Unauthorized", codes: ["unauthorized"],
    "The token, or the webhook's credentials, are missing or not accepted.", headers: [.wwwAuthenticate])
  static let forbidden = ProblemAnswer(
    .forbidden, "Forbidden", codes: ["forbidden_field", "forbidden"],
    "Only the roles service and admin may do this.")
  static let notFound = ProblemAnswer(
    .notFound, "NotFound", codes: ["not_found"],
    "There is no such resource, or it is somebody else's: the two cannot be told apart.")
  static let notAcceptable = ProblemAnswer(
    .notAcceptable, "NotAcceptable", codes: ["not_acceptable"],
    "`Accept` or `Accept-Encoding` excludes everything there is.", headers: [.vary])
  static let requestTimeout = ProblemAnswer(
    .requestTimeout, "RequestTimeout", codes: ["request_timeout"], "The request did not arrive in time.")
  static let conflict = ProblemAnswer(
    .conflict, "Conflict", codes: ["external_id_taken", "request_in_progress", "conversation_deleted"],
    "The `externalId` belongs to another conversation, or a request with the same `Idempotency-Key` is in the way.",
    headers: [.retryAfter, .idempotentReplayed])
  static let preconditionFailed = ProblemAnswer(
    .preconditionFailed, "PreconditionFailed", codes: ["precondition_failed"],
    "The resource is not the version that `If-Match` names.")
  static let contentTooLarge = ProblemAnswer(
    .contentTooLarge, "ContentTooLarge", codes: ["body_too_large"], "The body exceeds the limit of the route."
  )
  static let uriTooLong = ProblemAnswer(
    .uriTooLong, "URITooLong", codes: ["target_too_long"], "The target is longer than 8 KiB.")
  static let unsupportedMediaType = ProblemAnswer(
    .unsupportedMediaType, "UnsupportedMediaType",
    codes: ["unsupported_media_type", "unsupported_content_coding"],
    "The body has a media type, or a content coding, that is not taken.", headers: [.acceptedEncoding])
  static let expectationFailed = ProblemAnswer(
    .expectationFailed, "ExpectationFailed", codes: ["expectation_failed"],
    "`Expect` asks for something other than `100-continue`.")
  static let unprocessable = ProblemAnswer(
    .unprocessableContent, "UnprocessableContent",
    codes: ["invalid_body", "invalid_value", "idempotency_key_reused"],
    "The body is JSON, but not what is asked for; `errors` tells each fault.")
  static let tooManyRequests = ProblemAnswer(
    .tooManyRequests, "TooManyRequests", codes: ["rate_limited"],
    "More requests than the limit allows; nothing was done.", headers: [.retryAfter])
  static let headersTooLarge = ProblemAnswer(
    .requestHeaderFieldsTooLarge, "RequestHeaderFieldsTooLarge", codes: ["headers_too_large"],
    "The header fields are longer than 16 KiB.")
  static let internalError = ProblemAnswer(
    .internalServerError, "InternalServerError", codes: ["internal_error"],
    "A fault of the service; its log knows the cause by the `requestId`.")
  static let notImplemented = ProblemAnswer(
    .notImplemented, "NotImplemented", codes: ["not_implemented"],
    "The body has a transfer coding other than `chunked`.")
  static let unavailable = ProblemAnswer(
    .serviceUnavailable, "ServiceUnavailable",
    codes: [
      "database_unavailable", "overloaded", "conflict", "queue_unavailable", "queue_full",
      "rate_limit_unavailable", "keys_unavailable", "not_ready",
      "draining", "shutting_down",
    ],
    "Something the answer needs is away or overloaded, or the service shuts down: try again.",
    headers: [.retryAfter])
  static let deadlineExceeded = ProblemAnswer(
    .gatewayTimeout, "GatewayTimeout", codes: ["deadline_exceeded"], "There was no answer within 5 s.")

  static let versionNotSupported = ProblemAnswer(
    .httpVersionNotSupported, "HTTPVersionNotSupported", codes: ["http_version_not_supported"],
    "The request is of another version than HTTP/1.")

  /// What any request may meet.
  static let always = [
    badRequest, notAcceptable, requestTimeout, uriTooLong, expectationFailed, headersTooLarge, internalError,
    notImplemented, unavailable, deadlineExceeded, versionNotSupported,
  ]
  /// What a request with a body may meet besides.
  static let ofBodies = [contentTooLarge, unsupportedMediaType, unprocessable]
}
