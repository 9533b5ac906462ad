import Conversations
import Hummingbird
import NIOCore

extension Problem {
  /// The answer: `application/problem+json`, members in a fixed order.
  ///
  /// - Parameter instance: The request's path, without its query.
  func response(instance: String, requestID: String) -> Response {
    var headers = headers
    headers[.contentType] = ProblemDetails.mediaType
    headers[.cacheControl] = "no-store"
    let details = ProblemDetails(
      title: status.reasonPhrase, status: status.code, detail: detail, instance: instance, code: code,
      requestID: requestID, errors: errors)
    return Response(
      status: status, headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: details.jsonBytes())))
  }
}
