internal import Redis

extension EventReport {
  /// From the reply of `inspect.lua`; nil if that is not one.
  init?(id: String, _ reply: RedisReply) {
    guard let parts = reply.array, parts.count == 6, let state = EventState(parts),
      let fields = parts[5].array, fields.count == 10
    else { return nil }
    self.init(
      id: id, state: state, conversation: fields[0].string, traceparent: fields[1].string,
      enqueuedAt: fields[2].integer, requeuedAt: fields[3].integer, deliveries: Int(fields[4].integer ?? 0),
      strikes: Int(fields[5].integer ?? 0), failureClass: fields[6].string, message: fields[7].string,
      reason: fields[8].string, payloadSize: Int(parts[4].integer ?? 0), isArchived: fields[9].string == "1")
  }
}

extension EventState {
  fileprivate init?(_ parts: [RedisReply]) {
    let time = parts[3].string.flatMap(Double.init).map { Int64($0) } ?? 0
    switch (parts[0].string, parts[2].string) {
    case ("queued", let line?):
      self = .queued(position: Int(parts[1].integer ?? 0), Self.line(line, due: time))
    case ("dead", _): self = .dead(since: time)
    case ("settled", _): self = .settled
    case ("unknown", _): self = .unknown
    default: return nil
    }
  }

  private static func line(_ name: String, due: Int64) -> Line {
    switch name {
    case "held": .held
    case "suspect": .suspect
    case "delayed": .delayed(due: due)
    default: .ready
    }
  }
}
