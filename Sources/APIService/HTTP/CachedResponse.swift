import Cache
import Conversations
import HTTPTypes
import Hummingbird
import Telemetry

/// Turns a read's answer into a response: entity tag, content coding, cache fields, links, 304.
enum CachedResponse {
  /// - Parameters:
  ///   - answer: What the store found; its owner was judged before.
  ///   - links: Of a list.
  ///   - start: When the request's work began, for `Server-Timing`.
  static func make(
    _ answer: CacheAnswer, links: PageLinks? = nil, since start: ContinuousClock.Instant
  ) -> Response {
    var headers: HTTPFields = [
      .eTag: answer.value.etag,
      .cacheControl: "private, no-cache",
      .vary: "Authorization, Accept-Encoding",
      .cacheStatus: answer.status.text,
      .serverTiming: answer.times.text(total: ContinuousClock.now - start),
    ]
    if answer.value.isKnown { return Response(status: .notModified, headers: headers) }
    if answer.value.form == .gzip { headers[.contentEncoding] = "gzip" }
    if let links { headers[.link] = PageSummary(answer.value.summary).map(links.field) }
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
