package import NIOCore
internal import Redis

extension Cache {
  /// Looks without a task that waits, for whoever answers reads on the event loop itself; passes the terms' gate by the
  /// way. Nothing is loaded and nothing filled: what is no hit is for ``read(_:_:for:load:)``, which takes the look
  /// within its terms and does not ask again.
  ///
  /// - Parameter then: called once on `eventLoop`. Nil when nothing came of it that a read could use; the gate knows
  ///   itself whether it was passed.
  /// - Returns: false when Redis is not to be asked, or not from this loop; `then` is not called.
  package func look(
    at entry: CacheEntry, for terms: ReadTerms, on eventLoop: any EventLoop,
    then: @escaping @Sendable (CacheLook?) -> Void
  ) -> Bool {
    guard settings.mode != .off, isBreakerClosed, let connection = server.redis.connection(on: eventLoop),
      let request = entry.request(for: terms)
    else { return false }
    let start = ReadTimes()
    connection.send(request, timeout: settings.redisBudget) { [self] outcome in
      then(conclude(outcome, entry, terms, start, connection))
    }
    return true
  }

  private func conclude(
    _ outcome: Result<[RedisReply], RedisError>, _ entry: CacheEntry, _ terms: ReadTerms, _ start: ReadTimes,
    _ connection: RedisConnection
  ) -> CacheLook? {
    var times = start
    times.lap(.redis)
    do {
      let result = try verdict(on: outcome, terms, connection)
      return result.map { CacheLook(valueKey: entry.valueKey, result: $0, times: times) }
    } catch {
      // The gate has turned the reader away, and will say so again.
      return nil
    }
  }

  /// Nil when it is to be looked again: a script is not known, or the reader has not the body.
  private func verdict(
    on outcome: Result<[RedisReply], RedisError>, _ terms: ReadTerms, _ connection: RedisConnection
  ) throws -> Result<CacheVerdict, CacheBypass>? {
    let replies: [RedisReply]
    switch outcome {
    case .success(let all): replies = all
    case .failure(let error):
      let bypass = failed(error)
      try terms.gate?.judge(nil)
      return .failure(bypass)
    }
    if let gate = terms.gate {
      let passage = replies.first
      if passage?.error?.serverPrefix == "NOSCRIPT" { return nil }
      try gate.judge(passage?.error == nil ? passage : nil)
    }
    let rest = replies.dropFirst(terms.gate == nil ? 0 : 1)
    do throws(RedisError) {
      let verdict =
        terms.known.isEmpty
        ? try server.judge(lookup: rest, from: connection)
        : try server.judge(glance: rest, for: terms, from: connection)
      succeeded()
      return verdict.map { .success($0) }
    } catch { return .failure(failed(error)) }
  }

  /// The answer when the look was a hit that needs nothing more; counted as a read then.
  ///
  /// - Parameter isAllowed: whether the reader may see it.
  package func answer(
    from look: CacheLook, for terms: ReadTerms, where isAllowed: (CachedValue) -> Bool
  ) -> CacheAnswer? {
    guard case .success(.hit(let hit)) = look.result, !hit.isDueForRefresh, isAllowed(hit.value),
      let value = fit(hit.value, to: terms)
    else { return nil }
    note(hit.distrust)
    observe(.read(hit.status))
    return CacheAnswer(value: value, status: hit.status, times: look.times)
  }
}

extension CacheEntry {
  /// The gate's question, and the look that the terms ask for. Nil when they cannot be encoded.
  fileprivate func request(for terms: ReadTerms) -> RedisRequest? {
    let look = terms.known.isEmpty ? [lookup] : glance
    let question = terms.gate.map { [$0.call.byDigest] } ?? []
    // Only what is too large fails, and the read itself will say so.
    return try? RedisRequest(question + look)
  }
}
