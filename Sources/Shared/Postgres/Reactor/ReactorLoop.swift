internal import Glibc

/// One turn after another: messages, time, sleep, sockets.
struct ReactorLoop {
  let dispatcher: Dispatcher
  let mailbox: Mailbox
  private var descriptors: [pollfd] = []
  private var polled: [Session] = []

  init(dispatcher: Dispatcher, mailbox: Mailbox) {
    self.dispatcher = dispatcher
    self.mailbox = mailbox
  }

  /// False when all is done. `publish` is told before each sleep whether a connection is open: nobody may come to
  /// wake an idle client for that.
  mutating func turn(publish: (Bool) -> Void) -> Bool {
    let now = ContinuousClock.now
    for message in mailbox.take() { dispatcher.handle(message, now: now) }
    dispatcher.tick(now: now)
    publish(dispatcher.isReachable)
    if dispatcher.isFinished { return false }
    watch()
    let timeout = mailbox.prepareToSleep() ? timeoutMilliseconds(now) : 0
    let ready = poll(&descriptors, nfds_t(descriptors.count), timeout)
    mailbox.wokeUp(isSignalled: ready > 0 && descriptors[0].revents != 0)
    if ready > 0 { serveSockets() }
    return true
  }

  private mutating func watch() {
    descriptors.removeAll(keepingCapacity: true)
    polled.removeAll(keepingCapacity: true)
    descriptors.append(pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0))
    for session in dispatcher.sessions.values {
      let events = session.wantsToWrite ? POLLIN | POLLOUT : POLLIN
      descriptors.append(pollfd(fd: session.handle.descriptor, events: Int16(events), revents: 0))
      polled.append(session)
    }
  }

  private func serveSockets() {
    let now = ContinuousClock.now
    for (index, session) in polled.enumerated() {
      let events = Int32(descriptors[index + 1].revents)
      if events & ~POLLOUT != 0 { dispatcher.read(session, now: now) }
      if events & POLLOUT != 0 { dispatcher.write(session, now: now) }
    }
  }

  private func timeoutMilliseconds(_ now: ContinuousClock.Instant) -> Int32 {
    guard let deadline = dispatcher.nextDeadline() else { return -1 }
    return Int32(clamping: max(0, (deadline - now).wholeMilliseconds))
  }
}
