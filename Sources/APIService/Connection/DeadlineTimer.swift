import NIOCore

/// One timer for deadlines that mostly move away: it is not set anew for a later one, but looks again when it goes off.
struct DeadlineTimer {
  private var scheduled: (task: Scheduled<Void>, at: NIODeadline)?

  /// Sees to it that `fire` is called at `deadline`, or earlier, or that it was set already.
  mutating func arm(
    _ deadline: NIODeadline?, on eventLoop: any EventLoop, fire: @escaping @Sendable () -> Void
  ) {
    guard let deadline else { return }
    if let scheduled, scheduled.at <= deadline { return }
    scheduled?.task.cancel()
    scheduled = (eventLoop.scheduleTask(deadline: deadline, fire), deadline)
  }

  /// It went off.
  mutating func fired() { scheduled = nil }

  mutating func cancel() {
    scheduled?.task.cancel()
    scheduled = nil
  }
}
