internal import EventLoops
internal import Logging
internal import NIOConcurrencyHelpers
internal import Redis
internal import Telemetry

extension Cache {
  /// Stores a loaded value, or only gives the lease back. Nobody waits for it: a failure is counted, never thrown.
  func fill(_ entry: CacheEntry, _ lease: CacheLease, _ loaded: LoadedValue?) async {
    let value = loaded.flatMap { loaded in
      StorableValue(loaded, epoch: lease.epoch, settings: settings, jitter: .random(in: 0..<1))
    }
    do {
      let outcome = try await server.fill(entry, lease, value, timeout: settings.commandTimeout)
      observe(.fill(outcome))
    } catch {
      observe(.fillFailed)
      logger.debug("cache fill failed", metadata: ["error": "\(error)"])
    }
  }

  /// Loads a value anew while the old one is being served, at most once at a time over all instances.
  func refresh(_ entry: CacheEntry, _ record: EpochRecord, _ load: @escaping Load) {
    let key = FlightKey(entry, record.epoch)
    guard refreshes.withLockedValue({ $0.insert(key).inserted }) else { return }
    // Bare task: nobody waits for a refresh, its reader has been answered. The load's own deadline bounds it.
    Task(executorPreference: LoopExecutor.current) { [self] in
      await RequestDeadline.without { await reload(entry, record, load) }
      _ = refreshes.withLockedValue { $0.remove(key) }
    }
  }

  private func reload(_ entry: CacheEntry, _ record: EpochRecord, _ load: @escaping Load) async {
    do {
      let claim = try await server.claimRefresh(
        entry, record, leaseDuration: settings.leaseDuration, timeout: settings.commandTimeout)
      guard let lease = claim else { return }
      observe(.refreshStarted)
      let loaded = try await loads.start(FlightKey(entry, lease.epoch)) {
        try await Self.run(load, from: CacheLoadSource(floor: lease.floor))
      } afterwards: { _ in
      }
      await fill(entry, lease, loaded)
    } catch {
      // The lease stays until it expires: so the next attempt is seconds away, not at the next read.
      observe(.refreshFailed)
      logger.debug("cache refresh failed", metadata: ["error": "\(error)"])
    }
  }
}
