import Cache
import Conversations
import HTTPTypes
import Hummingbird
import Telemetry

/// Turns a read's answer into a response: entity tag, content coding, cache fields, links, 304.
enum CachedResponse {
  static let vary = "Authorization, Accept-Encoding"

  /// - Parameters:
  ///   - answer: What the store found; its owner was judged before.
  ///   - links: Of a list.
  ///   - start: When the request's work began, for `Server-Timing`.
  static func make(
    _ answer: CacheAnswer, links: PageLinks? = nil, since start: ContinuousClock.Instant
  ) -> Response {
    var headers = HTTPFields()
    addFields(of: answer, links: links, since: start, vary: vary, to: &headers)
    if answer.value.isKnown { return Response(status: .notModified, headers: headers) }
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: answer.value.body))
  }

  /// All fields that tell of the answer, in their order.
  static func addFields(
    of answer: CacheAnswer, links: PageLinks?, since start: ContinuousClock.Instant, vary: String,
    to sink: inout some FieldSink
  ) {
    sink.add(.eTag, answer.value.etag)
    sink.add(.cacheControl, "private, no-cache")
    sink.add(.vary, vary)
    sink.add(.cacheStatus, answer.status.text)
    sink.add(.serverTiming, answer.times.text(total: ContinuousClock.now - start))
    guard !answer.value.isKnown else { return }
    if answer.value.form == .gzip { sink.add(.contentEncoding, "gzip") }
    if let field = links.flatMap({ PageSummary(answer.value.summary).map($0.field) }) {
      sink.add(.link, field)
    }
    sink.add(.contentType, "application/json")
    sink.add(.contentLength, String(answer.value.body.readableBytes))
  }
}

extension ReadTimes {
  /// `redis;dur=0.412, total;dur=0.502`: milliseconds, and of what did not happen nothing.
  func text(total: Duration) -> String {
    var text = ""
    text.reserveCapacity(80)
    func add(_ name: StaticString, _ duration: Duration) {
      if !text.isEmpty { text += ", " }
      text += "\(name);dur="
      text += duration.milliseconds.description
    }
    if let redis { add("redis", redis) }
    if let database { add("database", database) }
    add("total", total)
    return text
  }
}
