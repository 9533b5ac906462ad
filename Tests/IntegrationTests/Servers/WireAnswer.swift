import NIOCore

/// One answer as it came over the wire.
struct WireAnswer: Sendable {
  /// The status line and the fields, each without its end.
  let lines: [String]
  let body: [UInt8]

  /// The answer that a buffer begins with, taken from it; nil while it has not come whole.
  ///
  /// - Parameter isHead: whether it answers a HEAD.
  init?(reading buffer: inout ByteBuffer, isHead: Bool) throws {
    let view = buffer.readableBytesView
    guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    lines = String(decoding: view[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").map(String.init)
    let length = try Self.bodyLength(lines, isHead: isHead)
    guard view.endIndex - end.upperBound >= length else { return nil }
    buffer.moveReaderIndex(to: end.upperBound)
    body = buffer.readBytes(length: length) ?? []
  }

  private static func bodyLength(_ lines: [String], isHead: Bool) throws -> Int {
    if isHead || lines.first?.hasPrefix("HTTP/1.1 204") != false || lines[0].hasPrefix("HTTP/1.1 304") {
      return 0
    }
    guard let length = value("content-length", in: lines).flatMap({ Int($0) }) else {
      throw IntegrationError("no length: \(lines)")
    }
    return length
  }

  var status: Int { Int(lines[0].split(separator: " ")[1]) ?? 0 }

  func field(_ name: String) -> String? { Self.value(name, in: lines) }

  private static func value(_ name: String, in lines: [String]) -> String? {
    lines.first { $0.lowercased().hasPrefix("\(name.lowercased()): ") }.map {
      String($0.dropFirst(name.count + 2))
    }
  }

  /// Whether the connection ends with it.
  var isLast: Bool { field("Connection") == "close" }

  /// Whether it came from Redis.
  var isHit: Bool { field("Cache-Status")?.hasPrefix("redis; hit") == true }

  /// Whether Redis was passed over, because it did not answer in time just now.
  var isLate: Bool {
    field("Cache-Status").map { $0.contains("late") || $0.contains("breaker-open") } ?? false
  }

  /// As text, without what differs from one moment to the next.
  ///
  /// - Parameter isNew: whether it tells of something new, which has an id and a time of its own.
  func masked(isNew: Bool = false) -> String {
    let isPacked = field("Content-Encoding") == "gzip"
    let text = isPacked ? "\(body)" : String(decoding: body, as: UTF8.self)
    return
      (lines.map(Self.masked) + ["", text.replacing(/"requestId":"[0-9a-f]{32}"/, with: "\"requestId\":…")])
      .map { isNew ? Self.maskedNews($0) : $0 }.joined(separator: "\n")
  }

  private static func masked(_ line: String) -> String {
    line.replacing(/^Date: .*/, with: "Date: …").replacing(/dur=[0-9.]+/, with: "dur=…")
      .replacing(/^X-Request-Id: [0-9a-f]{32}$/, with: "X-Request-Id: …").replacing(
        /ttl=[0-9]+/, with: "ttl=…"
      )
      .replacing(/^(RateLimit: .*;t|X-RateLimit-Reset: |Retry-After: ).*/) { "\($0.1)…" }
  }

  private static func maskedNews(_ line: String) -> String {
    line.replacing(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, with: "<id>")
      .replacing(/written-[0-9]{8}/, with: "<name>").replacing(/[0-9a-f]{64}/, with: "<event>")
      .replacing(/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/, with: "<time>").replacing(
        /^ETag: .*/, with: "ETag: …")
  }
}

extension RawConnection {
  /// The answer that begins behind so many bytes of all that came.
  func answer(after offset: inout Int, isHead: Bool = false, within limit: Duration = .seconds(20))
    async throws -> WireAnswer
  {
    let end = ContinuousClock.now + limit
    while true {
      var buffer = receivedBytes
      buffer.moveReaderIndex(forwardBy: offset)
      if let answer = try WireAnswer(reading: &buffer, isHead: isHead) {
        offset = buffer.readerIndex
        return answer
      }
      guard ContinuousClock.now < end else {
        throw IntegrationError("no answer, ended: \(isEnded): \(String(buffer: buffer).prefix(500))")
      }
      try await Task.sleep(for: .milliseconds(2))
    }
  }
}
