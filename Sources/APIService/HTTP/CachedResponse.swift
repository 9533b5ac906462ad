import Cache
import HTTPTypes
import Hummingbird
import Telemetry

/// Turns a read's answer into a response: entity tag, content coding, cache fields, 304.
enum CachedResponse {
  /// - Parameters:
  ///   - answer: What the store found; its owner was judged before.
  ///   - start: When the request's work began, for `Server-Timing`.
  static func make(_ answer: CacheAnswer, since start: ContinuousClock.Instant) -> Response {
    var headers: HTTPFields = [
      .eTag: answer.value.etag,
      .cacheControl: "private, no-cache",
      .vary: "Authorization, Accept-Encoding",
      .cacheStatus: answer.status.text,
      .serverTiming: answer.times.text(total: ContinuousClock.now - start),
    ]
    if answer.value.isKnown { return Response(status: .notModified, headers: headers) }
    if answer.value.form == .gzip { headers[.contentEncoding] = "gzip" }
    return .json(.ok, answer.value.body, headers)
  }
}

extension ReadTimes {
  /// `redis;dur=0.412, total;dur=0.502`: milliseconds, and of what did not happen nothing.
  func text(total: Duration) -> String {
    [("redis", redis), ("database", database), ("total", total)].compactMap { name, duration in
      duration.map { "\(name);dur=\($0.milliseconds)" }
    }.joined(separator: ", ")
  }
}
