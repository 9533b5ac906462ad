import Conversations

/// What `/health` says, in the shape of NestJS Terminus.
struct HealthReport: JSONEncodable {
  let database: Bool
  /// The cache.
  let redis: Bool
  let queue: Bool

  /// Without the database nothing can be answered for certain; without Redis only slower.
  var isServing: Bool { database }

  private var indicators: [(StaticString, Bool)] {
    [("database", database), ("redis", redis), ("queue", queue)]
  }

  func encode(into writer: inout JSONWriter) {
    writer.beginObject()
    writer.member("status", isServing ? "ok" : "error")
    encode("info", where: { $0 }, into: &writer)
    encode("error", where: { !$0 }, into: &writer)
    encode("details", where: { _ in true }, into: &writer)
    if isServing, !(redis && queue) { writer.member("degraded", true) }
    writer.endObject()
  }

  private func encode(_ name: StaticString, where included: (Bool) -> Bool, into writer: inout JSONWriter) {
    writer.member(name)
    writer.beginObject()
    for (indicator, isUp) in indicators where included(isUp) {
      writer.member(indicator)
      writer.beginObject()
      writer.member("status", isUp ? "up" : "down")
      writer.endObject()
    }
    writer.endObject()
  }
}
