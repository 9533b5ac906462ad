package import Keyspace
internal import Redis

/// A value as it was found, and how.
typealias FoundValue = (value: CachedValue, status: CacheStatus)

extension Cache {
  /// Answers from Redis, or from the database and fills Redis after the answer.
  ///
  /// - Throws: what the gate and the load throw; ``CacheError``; `CancellationError`. Never an error of Redis.
  package func read(
    _ group: CacheGroup, _ field: CacheField, for terms: ReadTerms = ReadTerms(), load: @escaping Load
  ) async throws -> CacheAnswer {
    let entry = CacheEntry(group, field, keys: keys)
    let load = packing(load, for: terms)
    var times = ReadTimes()
    var (value, status) = try await find(entry, terms, &times, load)
    if let fit = await fit(value, to: terms) {
      value = fit
    } else {
      (value, status) = try await loadDirectly(entry, .refused, &times, load)
      value = await fit(value, to: terms) ?? value
    }
    observe(.read(status))
    return CacheAnswer(value: value, status: status, times: times)
  }

  /// Answers from the primary what no group would invalidate, in the same form.
  package func readUncached(for terms: ReadTerms = ReadTerms(), load: @escaping Load) async throws
    -> CacheAnswer
  {
    var times = ReadTimes()
    try await pass(terms.gate, &times)
    let value = try await Self.run(load, from: .primary).value
    times.lap(.database)
    let status = CacheStatus.bypass(.uncached)
    observe(.read(status))
    return CacheAnswer(value: await fit(value, to: terms) ?? value, status: status, times: times)
  }

  private func find(
    _ entry: CacheEntry, _ terms: ReadTerms, _ times: inout ReadTimes, _ load: @escaping Load
  ) async throws -> FoundValue {
    guard settings.mode != .off else {
      try await pass(terms.gate, &times)
      return try await loadDirectly(entry, .off, &times, load)
    }
    let verdict: Result<CacheVerdict, CacheBypass>
    if let look = terms.look, entry.isPlace(of: look) {
      (verdict, times) = (look.result, look.times)
    } else {
      verdict = try await look(at: entry, for: terms)
      times.lap(verdict.asked)
    }
    switch verdict {
    case .success(.hit(let hit)):
      note(hit.distrust)
      if hit.isDueForRefresh { refresh(entry, hit.record, load) }
      return (hit.value, hit.status)
    case .success(.miss(let miss)):
      note(miss.distrust)
      return try await resolve(miss, entry, &times, load)
    case .success(.untrusted(let distrust)):
      note(distrust)
      return try await loadDirectly(entry, .untrusted, &times, load)
    case .failure(let bypass):
      return try await loadDirectly(entry, bypass.reason, &times, load)
    }
  }

  /// Looks, and passes the gate by the way.
  private func look(
    at entry: CacheEntry, for terms: ReadTerms
  ) async throws -> Result<CacheVerdict, CacheBypass> {
    guard !terms.known.isEmpty else {
      return try await look(at: entry, behind: terms.gate)
    }
    let glance = try await ask { timeout throws(RedisError) in
      try await server.glance(at: entry, for: terms, timeout: timeout)
    }
    switch glance {
    case .success((let verdict, let passage)):
      try terms.gate?.judge(passage)
      if let verdict { return .success(verdict) }
      return try await look(at: entry, behind: nil)
    case .failure(let bypass):
      try terms.gate?.judge(nil)
      return .failure(bypass)
    }
  }

  private func look(
    at entry: CacheEntry, behind gate: (any ReadGate)?
  ) async throws -> Result<CacheVerdict, CacheBypass> {
    let looked = try await ask { timeout throws(RedisError) in
      try await server.look(at: entry, behind: gate, timeout: timeout)
    }
    switch looked {
    case .success((let verdict, let passage)):
      try gate?.judge(passage)
      return .success(verdict)
    case .failure(let bypass):
      try gate?.judge(nil)
      return .failure(bypass)
    }
  }
}
