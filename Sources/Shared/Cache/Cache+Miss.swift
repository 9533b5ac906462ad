internal import Redis

/// What waiting for another instance's fill came to.
enum WaitedValue: Sendable {
  case found(CachedValue, CacheStatus)
  case loaded(CachedValue)
}

extension Cache {
  /// A miss: shares a load under way here, or asks for the lease and does what the answer says.
  func resolve(
    _ miss: CacheMiss, _ entry: CacheEntry, _ times: inout ReadTimes, _ load: @escaping Load
  ) async throws -> FoundValue {
    if let epoch = miss.record?.epoch, let loaded = try await loads.join(FlightKey(entry, epoch)) {
      times.lap(.database)
      return (loaded.value, miss.status)
    }
    let acquisition = try await acquire(entry)
    times.lap(acquisition.asked)
    switch acquisition {
    case .success(.hit(let value, let status)):
      return (value, status)
    case .success(.lease(let lease)):
      let loaded = try await loadUnderLease(entry, lease, load)
      times.lap(.database)
      return (loaded.value, miss.status)
    case .success(.wait(let epoch)):
      switch try await waitForFill(entry, epoch, load) {
      case .found(let value, let status):
        times.lap(.redis)
        return (value, status)
      case .loaded(let value):
        times.lap(.database)
        return (value, miss.status)
      }
    case .success(.untrusted(let distrust)):
      note(distrust)
      return try await loadDirectly(entry, .untrusted, &times, load)
    case .failure(let bypass):
      return try await loadDirectly(entry, bypass.reason, &times, load)
    }
  }

  /// Loads without Redis, from the primary, within the limit.
  func loadDirectly(
    _ entry: CacheEntry, _ reason: CacheStatus.BypassReason, _ times: inout ReadTimes, _ load: @escaping Load
  ) async throws -> FoundValue {
    let value = try await loadDirectly(entry, load)
    times.lap(.database)
    return (value, .bypass(reason))
  }

  private func loadDirectly(_ entry: CacheEntry, _ load: @escaping Load) async throws -> CachedValue {
    try await directLoads.value(for: entry.valueKey) { try await Self.run(load, from: .primary) }.value
  }

  /// Loads for everybody here who sees this epoch, and fills Redis once they have been answered.
  func loadUnderLease(
    _ entry: CacheEntry, _ lease: CacheLease, _ load: @escaping Load
  ) async throws -> LoadedValue {
    try await loads.start(FlightKey(entry, lease.epoch)) {
      try await Self.run(load, from: CacheLoadSource(floor: lease.floor))
    } afterwards: { result in
      // A failed load gives the lease back at once: another reader may have better luck.
      await self.fill(entry, lease, try? result.get())
    }
  }

  private func acquire(_ entry: CacheEntry) async throws -> Result<Acquisition, CacheBypass> {
    try await ask { timeout throws(RedisError) in
      try await server.acquire(entry, leaseDuration: settings.leaseDuration, timeout: timeout)
    }
  }

  /// Somebody else has the lease: shares their load if they are in this process, else one wait for all who see this
  /// epoch.
  private func waitForFill(
    _ entry: CacheEntry, _ epoch: CacheEpoch, _ load: @escaping Load
  ) async throws -> WaitedValue {
    let key = FlightKey(entry, epoch)
    if let loaded = try await loads.join(key) { return .loaded(loaded.value) }
    return try await waits.joinOrStart(key) { try await self.pollForFill(entry, epoch, load) }
  }

  /// Asks again a few times. The epoch may change meanwhile: what is read under a later one is newer still. After
  /// the limit the database answers, and nothing is stored without a lease.
  private func pollForFill(
    _ entry: CacheEntry, _ epoch: CacheEpoch, _ load: @escaping Load
  ) async throws -> WaitedValue {
    var epoch = epoch
    for delay in WaitSchedule(limit: settings.waitLimit) {
      try await Task.sleep(for: delay)
      if let loaded = try await loads.join(FlightKey(entry, epoch)) { return .loaded(loaded.value) }
      switch try await acquire(entry) {
      case .success(.hit(let value, let status)): return .found(value, status)
      case .success(.lease(let lease)): return .loaded(try await loadUnderLease(entry, lease, load).value)
      case .success(.wait(let current)): epoch = current
      case .failure, .success(.untrusted): return .loaded(try await loadDirectly(entry, load))
      }
    }
    return .loaded(try await Self.run(load, from: .primary).value)
  }

  /// Runs a load and checks that it may count as an answer.
  static func run(_ load: Load, from source: CacheLoadSource) async throws -> LoadedValue {
    let start = ContinuousClock.now
    var loaded = try await load(source)
    // A replica that has not replayed enough yet is no fault: it may say so by what it returns.
    if !source.accepts(loaded) { loaded = try await load(.primary) }
    guard source.accepts(loaded) else {
      throw CacheError(.loadFromReplica, "the load read from a replica although the primary was asked for")
    }
    return LoadedValue(loaded, cost: .now - start)
  }
}
