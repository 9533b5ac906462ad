internal import NIOConcurrencyHelpers

/// The way to the one thread that uses all connections of a client. It starts with the first message.
final class Reactor: Sendable {
  let configuration: ReactorConfiguration
  private let mailbox = Mailbox()
  private let reachable = NIOLockedValueBox(false)
  private let waiters = NIOLockedValueBox<[PendingCall<Void>]>([])

  init(configuration: ReactorConfiguration) {
    self.configuration = configuration
  }

  /// Whether at least one connection is open.
  var isReachable: Bool { reachable.withLockedValue(\.self) }

  /// False when the reactor has ended.
  @discardableResult
  func post(_ message: ReactorMessage) -> Bool {
    switch mailbox.post(message) {
    case .delivered: return true
    case .refused: return false
    case .delivererStartsReader:
      let isStarted = mailbox.descriptor >= 0 && NativeThread.start { self.serve() }
      if !isStarted { end() }
      return isStarted
    }
  }

  /// Ends the thread: at once, or when the work in flight is done.
  func stop(isGraceful: Bool) {
    if !mailbox.closeUnlessRead() { post(.shutDown(isGraceful: isGraceful)) }
  }

  /// Returns when the reactor has ended.
  nonisolated(nonsending) func waitUntilEnded() async {
    let call = PendingCall<Void>()
    _ = await call.waitIgnoringCancellation {
      waiters.withLockedValue { $0.append(call) }
      // It may have ended before it could see the waiter.
      return !mailbox.isClosed
    }
  }

  private func serve() {
    var loop = ReactorLoop(
      dispatcher: Dispatcher(configuration: configuration, mailbox: mailbox), mailbox: mailbox)
    while loop.turn(publish: publish) {}
    publish(false)
    end()
  }

  private func publish(_ isReachable: Bool) {
    reachable.withLockedValue { $0 = isReachable }
  }

  private func end() {
    for message in mailbox.close() { message.refuse() }
    let waiters = waiters.withLockedValue { waiters in
      defer { waiters = [] }
      return waiters
    }
    for waiter in waiters { _ = waiter.complete(.success(())) }
  }
}

extension ReactorMessage {
  fileprivate func refuse() {
    switch self {
    case .submit(let batch), .submitExclusive(let batch, _): batch.fail(Dispatcher.shutDown)
    case .borrow(let request): _ = request.call.complete(.failure(Dispatcher.shutDown))
    case .abandon, .abandonBorrow, .release, .opened, .cancelRequestDone, .shutDown, .start: break
    }
  }
}
