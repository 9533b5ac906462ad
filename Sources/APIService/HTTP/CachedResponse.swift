import Cache
import ConversationStore
import Conversations
import HTTPTypes
import Hummingbird
import Telemetry

/// Turns a stored answer into a response: entity tag, cache fields, 304.
enum CachedResponse {
  /// - Parameters:
  ///   - answer: What the store found; its owner was judged before.
  ///   - start: When the read began, for `Server-Timing`.
  static func make(_ answer: StoredAnswer, for request: Request, since start: ContinuousClock.Instant)
    -> Response
  {
    let duration = (ContinuousClock.now - start).milliseconds
    let headers: HTTPFields = [
      .eTag: answer.value.etag,
      .cacheControl: "private, no-cache",
      .vary: "Authorization, Accept-Encoding",
      .cacheStatus: answer.status.text,
      .serverTiming: "read;dur=\(duration)",
    ]
    if EntityTag.ifNoneMatch(request.headers[values: .ifNoneMatch], matches: answer.value.etag) {
      return Response(status: .notModified, headers: headers)
    }
    return .json(.ok, answer.value.body, headers)
  }
}
