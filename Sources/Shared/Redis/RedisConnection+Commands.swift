internal import NIOCore

extension RedisConnection {
  /// Sends one command and waits for its reply; an error reply is thrown.
  ///
  /// A blocking command needs a `timeout` longer than the time it asks the server to block for.
  package func execute(
    _ command: RedisCommand, timeout: Duration? = nil
  ) async throws(RedisError) -> RedisReply {
    let request = try RedisCommandEncoder.encode(command)
    return try await send(request, replies: 1, deadline: deadline(timeout)).get().get()
  }

  /// Sends the commands in one write and waits for all replies, which come in the same order. Error replies
  /// stay in the array: one command's failure says nothing about the others.
  package func pipeline(
    _ commands: [RedisCommand], timeout: Duration? = nil
  ) async throws(RedisError) -> [RedisReply] {
    try await pipeline(commands, deadline: deadline(timeout))
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
    let deadline = deadline(timeout)
    var replies = try await pipeline(calls.map(\.byDigest), deadline: deadline)
    let unknown = replies.indices.filter { replies[$0].error?.serverPrefix == "NOSCRIPT" }
    guard !unknown.isEmpty else { return replies }
    let repeated = try await pipeline(unknown.map { calls[$0].bySource }, deadline: deadline)
    for (index, reply) in zip(unknown, repeated) { replies[index] = reply }
    return replies
  }

  private func pipeline(
    _ commands: [RedisCommand], deadline: NIODeadline
  ) async throws(RedisError) -> [RedisReply] {
    guard !commands.isEmpty else { return [] }
    let request = try RedisCommandEncoder.encode(commands)
    let reply = try await send(request, replies: commands.count, deadline: deadline).get()
    guard commands.count > 1 else { return [reply] }
    guard let replies = reply.array, replies.count == commands.count else {
      preconditionFailure("a pipeline of \(commands.count) was answered with \(reply)")
    }
    return replies
  }
}
