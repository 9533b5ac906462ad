import HTTPTypes
import NIOHTTP1

extension Problem {
  /// What the decoder makes of bytes that are no request.
  init(_ error: HTTPParserError, in line: RequestLine, _ limits: ConnectionLimits) {
    switch error {
    case .headerOverflow:
      self = line.bytes > limits.targetBytes ? .targetTooLong(limits) : .headersTooLarge(limits)
    case .invalidVersion where !line.hasBareEnd, .paused:
      self.init(
        status: .httpVersionNotSupported, code: "http_version_not_supported", detail: "speak HTTP/1.1")
    case .invalidMethod where line.hasMethod:
      self.init(status: .notImplemented, code: "not_implemented", detail: "the method is not known here")
    default: self = .badRequest("malformed_request", Self.detail(of: error))
    }
  }

  private static func detail(of error: HTTPParserError) -> String {
    switch error {
    case .unexpectedContentLength, .invalidContentLength:
      "Content-Length is malformed, repeated, or contradicts Transfer-Encoding"
    case .invalidHeaderToken: "a header field is malformed"
    case .invalidURL: "the request's target is malformed"
    case .invalidChunkSize: "a chunk is malformed"
    case .invalidEOFState, .closedConnection: "the request ends too early"
    default: "the request is malformed"
    }
  }
}
