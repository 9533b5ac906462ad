import Conversations
import HTTPTypes
import Hummingbird
import NIOCore

extension Problem {
  /// The answer: `application/problem+json`, members in a fixed order.
  ///
  /// - Parameter instance: The request's path, without its query.
  func response(instance: String, requestID: String) -> Response {
    let (headers, body) = content(instance: instance, requestID: requestID)
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
  }

  /// Its header fields and its body.
  func content(instance: String, requestID: String) -> (headers: HTTPFields, body: ByteBuffer) {
    var headers = headers
    headers[.contentType] = ProblemDetails.mediaType
    headers[.cacheControl] = "no-store"
    headers[.xRequestID] = requestID
    let details = ProblemDetails(
      title: status.reasonPhrase, status: status.code, detail: detail, instance: instance, code: code,
      requestID: requestID, errors: errors)
    return (headers, ByteBuffer(bytes: details.jsonBytes()))
  }
}
