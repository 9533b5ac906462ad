package import Conversations
package import Keyspace
package import NIOCore
package import Redis

extension Cache {
  /// For ``look(at:by:behind:for:on:then:)``; to be kept.
  ///
  /// - Throws: `RedisError` when the keys are too long for a command.
  package func template(_ field: CacheField, isConditional: Bool) throws -> CacheLookTemplate {
    try CacheLookTemplate(field, isConditional: isConditional, keys: keys)
  }

  /// Looks without a task that waits, for whoever answers reads on the event loop itself; passes the terms' gate by the
  /// way. Nothing is loaded and nothing filled: what is no hit is for ``read(_:_:for:load:)``, which takes the look
  /// within its terms and does not ask again.
  ///
  /// - Parameters:
  ///   - template: conditional if the terms name what the reader has.
  ///   - question: the gate's, encoded.
  ///   - then: called once on `eventLoop`. Nil when nothing came of it that a read could use; the gate knows itself
  ///     whether it was passed.
  /// - Returns: false when Redis is not to be asked, or not from this loop; `then` is not called.
  package func look(
    at id: ConversationID, by template: CacheLookTemplate, behind question: RedisRequest?,
    for terms: ReadTerms,
    on eventLoop: any EventLoop, then: @escaping @Sendable (CacheLook?) -> Void
  ) -> Bool {
    precondition(
      template.isConditional != terms.known.isEmpty && (question == nil) == (terms.gate == nil),
      "the terms are not those of the template and the question")
    guard settings.mode != .off, isBreakerClosed, let connection = server.redis.connection(on: eventLoop)
    else { return false }
    let start = ReadTimes()
    let request = template.request(for: id, behind: question)
    connection.send(request, timeout: settings.redisBudget) { [self] outcome in
      var times = start
      times.lap(.redis)
      let result: Result<CacheVerdict, CacheBypass>?
      // The gate has turned the reader away, and will say so again.
      do { result = try verdict(on: outcome, terms, connection) } catch { result = nil }
      then(
        result.map { CacheLook(group: .conversation(id), field: template.field, result: $0, times: times) })
    }
    return true
  }

  /// Nil when it is to be looked again: a script is not known, the reader has not the body, or Redis was not asked.
  private func verdict(
    on outcome: Result<[RedisReply], RedisError>, _ terms: ReadTerms, _ connection: RedisConnection
  ) throws -> Result<CacheVerdict, CacheBypass>? {
    let replies: [RedisReply]
    switch outcome {
    case .success(let all): replies = all
    // Asked again, the reader is told that this is too much.
    case .failure(let error) where error.code == .tooManyCommands: return nil
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

  /// The answer when the look was a hit that needs nothing more, and no work of any length; counted as a read then.
  ///
  /// - Parameter isAllowed: whether the reader may see it.
  package func answer(
    from look: CacheLook, for terms: ReadTerms, where isAllowed: (CachedValue) -> Bool
  ) -> CacheAnswer? {
    guard case .success(.hit(let hit)) = look.result, !hit.isDueForRefresh, isAllowed(hit.value),
      fitsAtOnce(hit.value, to: terms), let value = fitAtOnce(hit.value, to: terms)
    else { return nil }
    note(hit.distrust)
    observe(.read(hit.status))
    return CacheAnswer(value: value, status: hit.status, times: look.times)
  }
}
