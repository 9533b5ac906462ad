/// An error as clients see it: RFC 9457, with our `code`, `requestId` and `errors`.
package struct ProblemDetails: Equatable, Sendable {
  /// A URI for the kind of problem; `about:blank` says that the status tells all.
  package var type: String
  /// The same for every problem of a kind.
  package var title: String
  /// The HTTP status.
  package var status: Int
  /// What is special about this one. Never holds secrets or internals.
  package var detail: String
  /// The path of the request.
  package var instance: String
  /// For programs; stable.
  package var code: String
  /// What the logs know the request by.
  package var requestID: String
  /// Single faults, where there are any.
  package var errors: [FieldError]

  /// The media type to send it with.
  package static let mediaType = "application/problem+json"

  /// All members.
  package init(
    type: String = "about:blank", title: String, status: Int, detail: String, instance: String,
    code: String, requestID: String, errors: [FieldError] = []
  ) {
    self.type = type
    self.title = title
    self.status = status
    self.detail = detail
    self.instance = instance
    self.code = code
    self.requestID = requestID
    self.errors = errors
  }
}

extension ProblemDetails: JSONEncodable {
  /// `errors` is left out when there are none.
  package func encode(into writer: inout JSONWriter) {
    writer.beginObject()
    writer.member("type", type)
    writer.member("title", title)
    writer.member("status", status)
    writer.member("detail", detail)
    writer.member("instance", instance)
    writer.member("code", code)
    writer.member("requestId", requestID)
    if !errors.isEmpty {
      writer.member("errors")
      writer.beginArray()
      for error in errors { error.encode(into: &writer) }
      writer.endArray()
    }
    writer.endObject()
  }
}
