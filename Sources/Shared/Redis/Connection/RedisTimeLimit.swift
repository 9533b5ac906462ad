internal import NIOCore
internal import Telemetry

/// How long a call may take: some time from when it was written, or last heard of the server, and whatever happens no
/// longer than the request it is for.
struct RedisTimeLimit {
  var timeout: TimeAmount
  /// The request's.
  var deadline = NIODeadline.distantFuture

  /// For a call that is made now.
  init(_ timeout: Duration) {
    self.timeout = TimeAmount(timeout)
    if let due = RequestDeadline.instant { deadline = .now() + TimeAmount(due - .now) }
  }

  init(timeout: TimeAmount, deadline: NIODeadline = .distantFuture) {
    (self.timeout, self.deadline) = (timeout, deadline)
  }

  /// What is left of it after a first call took so long.
  func after(_ elapsed: Duration) -> RedisTimeLimit {
    RedisTimeLimit(timeout: timeout - TimeAmount(elapsed), deadline: deadline)
  }
}
