internal import NIOCore

extension RedisConnection {
  /// Sends one command and waits for its reply; an error reply is thrown.
  ///
  /// A blocking command needs a `timeout` longer than the time it asks the server to block for.
  package func execute(
    _ command: RedisCommand, timeout: Duration? = nil
  ) async throws(RedisError) -> RedisReply {
    let request = try RedisCommandEncoder.encode(command)
    let reply = try await send(request, replies: 1, limit: limit(timeout)).get()
    leaveIfReadOnly(CollectionOfOne(reply))
    return try reply.get()
  }

  /// Sends the commands in one write and waits for all replies, which come in the same order. Error replies
  /// stay in the array: one command's failure says nothing about the others.
  package func pipeline(
    _ commands: [RedisCommand], timeout: Duration? = nil
  ) async throws(RedisError) -> [RedisReply] {
    try await pipeline(commands, within: limit(timeout))
  }

  /// Sends what is encoded already, without a task that waits. Error replies stay among the replies.
  ///
  /// - Parameter then: called once, on the connection's event loop, or at once when nothing can be sent. It must return
  ///   at once.
  package func send(
    _ request: RedisRequest, timeout: Duration,
    then: @escaping @Sendable (Result<[RedisReply], RedisError>) -> Void
  ) {
    let isSingle = request.commands == 1
    send(request.bytes, replies: request.commands, limit: limit(timeout)) { outcome in
      let replies = outcome.map { isSingle ? [$0] : $0.array ?? [] }
      if case .success(let replies) = replies { self.leaveIfReadOnly(replies) }
      then(replies)
    }
  }

  /// Runs a script, sending its source only if the server does not know it; an error reply is thrown.
  package func evaluate(
    _ script: RedisScript, keys: [RedisArgument], arguments: [RedisArgument], timeout: Duration? = nil
  ) async throws(RedisError) -> RedisReply {
    let call = RedisScriptCall(script, keys: keys, arguments: arguments)
    return try await evaluate([call], timeout: timeout)[0].get()
  }

  /// Runs scripts in one write. Those the server does not know, and only those, are sent a second time with
  /// their source, all within one timeout; so these may run after calls that stand behind them in the array.
  package func evaluate(
    _ calls: [RedisScriptCall], timeout: Duration? = nil
  ) async throws(RedisError) -> [RedisReply] {
    let (limit, start) = (limit(timeout), ContinuousClock.now)
    var replies = try await pipeline(calls.map(\.byDigest), within: limit)
    let unknown = replies.indices.filter { replies[$0].error?.serverPrefix == "NOSCRIPT" }
    guard !unknown.isEmpty else { return replies }
    let repeated = try await pipeline(unknown.map { calls[$0].bySource }, within: limit.after(.now - start))
    for (index, reply) in zip(unknown, repeated) { replies[index] = reply }
    return replies
  }

  /// Asks the server for its name anew, and for its time in the same write: `TIME` comes first.
  ///
  /// - Returns: milliseconds since 1970 by the server's clock, and its name, nil if it would not say.
  package func askServer(timeout: Duration? = nil) async throws(RedisError) -> (time: Int64, name: String?) {
    let replies = try await pipeline([RedisCommand("TIME")] + RedisServerName.questions, timeout: timeout)
    guard let clock = try replies[0].get().array, clock.count == 2, let seconds = clock[0].integer,
      let microseconds = clock[1].integer
    else { throw RedisError(.unexpectedReply, "the reply to TIME has another form") }
    let name = RedisServerName.name(server: replies[1], replication: replies[2])
    learn(serverName: name)
    return (seconds * 1000 + microseconds / 1000, name)
  }

  /// A server that only takes reads was demoted while we were connected: the address leads elsewhere by now, or will.
  private func leaveIfReadOnly(_ replies: some Collection<RedisReply>) {
    if replies.contains(where: { $0.error?.serverPrefix == "READONLY" }) { drain() }
  }

  private func pipeline(
    _ commands: [RedisCommand], within limit: RedisTimeLimit
  ) async throws(RedisError) -> [RedisReply] {
    guard !commands.isEmpty else { return [] }
    let request = try RedisCommandEncoder.encode(commands)
    let reply = try await send(request, replies: commands.count, limit: limit).get()
    let replies = commands.count > 1 ? reply.array ?? [] : [reply]
    guard replies.count == commands.count else {
      preconditionFailure("a pipeline of \(commands.count) was answered with \(reply)")
    }
    leaveIfReadOnly(replies)
    return replies
  }
}
