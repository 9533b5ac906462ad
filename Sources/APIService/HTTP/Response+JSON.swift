import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
  /// A JSON answer from bytes that are ready.
  static func json(
    _ status: HTTPResponse.Status, _ body: ByteBuffer, _ headers: HTTPFields = [:]
  ) -> Response {
    var headers = headers
    headers[.contentType] = "application/json"
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
  }

  static func json(_ status: HTTPResponse.Status, _ body: [UInt8], _ headers: HTTPFields = [:]) -> Response {
    json(status, ByteBuffer(bytes: body), headers)
  }
}
