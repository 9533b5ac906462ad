internal import Redis

extension Cache {
  /// Puts the gate's question by itself, for what is not looked up in Redis. Redis gets the time and the trust that it
  /// gets for a read: behind an open breaker it is not asked.
  ///
  /// - Throws: what the gate throws; `CancellationError`.
  package func pass(_ gate: any ReadGate) async throws {
    let asked = try await ask { timeout throws(RedisError) in
      let call = gate.call
      return try await server.redis.evaluate(
        call.script, keys: call.keys, arguments: call.arguments, timeout: timeout)
    }
    switch asked {
    case .success(let reply): try gate.judge(reply)
    case .failure: try gate.judge(nil)
    }
  }

  /// The same for a read, if there is something to pass.
  func pass(_ gate: (any ReadGate)?, _ times: inout ReadTimes) async throws {
    guard let gate else { return }
    try await pass(gate)
    times.lap(.redis)
  }
}

/// The replies to a lookup behind a gate.
struct GatedReplies {
  /// The answer to the gate's question; nil when there was none, or no question.
  let passage: RedisReply?
  let replies: ArraySlice<RedisReply>
}

extension RedisConnection {
  /// Sends the commands in one write, behind the gate's question if there is a gate.
  func pipeline(
    _ commands: [RedisCommand], behind gate: (any ReadGate)?, timeout: Duration
  ) async throws(RedisError) -> GatedReplies {
    guard let gate else {
      return GatedReplies(passage: nil, replies: try await pipeline(commands, timeout: timeout)[...])
    }
    let start = ContinuousClock.now
    let call = gate.call
    let replies = try await pipeline([call.byDigest] + commands, timeout: timeout)
    return GatedReplies(
      passage: await passage(replies[0], of: call, timeout: timeout - (.now - start)),
      replies: replies.dropFirst())
  }

  /// The reply that counts; nil when it is an error. A server that has lost the script is sent it.
  private func passage(
    _ reply: RedisReply, of call: RedisScriptCall, timeout: Duration
  ) async -> RedisReply? {
    guard let error = reply.error else { return reply }
    guard error.serverPrefix == "NOSCRIPT" else { return nil }
    do {
      return try await evaluate(call.script, keys: call.keys, arguments: call.arguments, timeout: timeout)
    } catch {
      // Nobody answered the question: the gate decides what that means. The lookup's reply is good all the same.
      return nil
    }
  }
}
