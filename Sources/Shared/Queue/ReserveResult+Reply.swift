internal import Redis

extension ReserveResult {
  /// From the reply of `reserve.lua`; nil if that is not one.
  init?(_ reply: RedisReply, shard: Int, worker: String) {
    guard let parts = reply.array, parts.count == 4, let status = parts[0].string.flatMap(Status.init),
      let listed = parts[1].array, let due = parts[2].integer, let waiting = parts[3].integer
    else { return nil }
    let reservations = listed.compactMap {
      Reservation($0, shard: shard, worker: worker, isSuspect: status == .solo)
    }
    guard reservations.count == listed.count else { return nil }
    // While paused nothing is handed out however long it is due: to wait for that would be to spin.
    let hasNext = due >= 0 && status != .paused
    self.init(
      status: status, reservations: reservations, nextDue: hasNext ? .milliseconds(due) : nil,
      waiting: Int(waiting))
  }
}

extension Reservation {
  fileprivate init?(_ reply: RedisReply, shard: Int, worker: String, isSuspect: Bool) {
    guard let parts = reply.array, parts.count > 2, let token = parts[0].string,
      let fence = parts[1].integer
    else { return nil }
    let events = parts.dropFirst(2).compactMap(QueuedEvent.init)
    guard events.count == parts.count - 2 else { return nil }
    let ticket = ReservationTicket(worker: worker, shard: shard, token: token, fence: fence)
    self.init(ticket: ticket, events: events, isSuspect: isSuspect)
  }
}

extension QueuedEvent {
  fileprivate init?(_ reply: RedisReply) {
    guard let parts = reply.array, parts.count == 6, let id = parts[0].string,
      let conversation = parts[1].string, let payload = parts[2].bytes, let traceparent = parts[3].string,
      let deliveries = parts[5].integer
    else { return nil }
    self.init(
      id: id, conversation: conversation, payload: payload,
      traceparent: traceparent.isEmpty ? nil : traceparent,
      enqueuedAt: parts[4].integer ?? 0, deliveries: Int(deliveries))
  }
}
