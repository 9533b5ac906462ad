import Cache
import Conversations
import Keyspace
import Postgres

extension ConversationStore {
  /// A committed write as the cache has to be told of it.
  struct CommittedWrite: Sendable {
    /// What the triggers wrote in its transaction.
    let rows: [OutboxRow]
    /// What earlier transactions may have touched whose writer died.
    var redelivered: Set<CacheGroup> = []
    /// At the latest.
    let committed = ContinuousClock.now

    var groups: Set<CacheGroup> { rows.groups.union(redelivered) }
  }

  /// Invalidates what a write touched. To be awaited before the write is acknowledged.
  ///
  /// - Parameter patience: how long to wait for the relay where Redis did not confirm.
  /// - Returns: whether no instance answers any more with what was before. So it is, whatever fails, when
  ///   ``CacheSettings/stalenessBound`` has passed since the commit.
  func invalidate(_ write: CommittedWrite, patience: Duration) async -> Bool {
    let groups = write.groups
    guard !groups.isEmpty else { return true }
    #if DEBUG
      await Failpoint.afterCommit.pass()
    #endif
    let lsn = await knownLSN()
    #if DEBUG
      await Failpoint.afterLSN.pass()
      await Failpoint.betweenInvalidations.pass {
        _ = await cache.invalidate(Set(groups.prefix(1)), lsn: lsn)
      }
    #endif
    switch await cache.invalidate(groups, lsn: lsn) {
    case .confirmed(let server):
      if let server { marker.note(write.rows, by: server) }
      return true
    case .unconfirmed:
      return await relayed(write, patience)
    }
  }

  /// After a failure, which may be that of the answer to a COMMIT. Nothing is marked: it may count only after this.
  func invalidateUncertain(_ rows: [OutboxRow]) async {
    let groups = rows.groups
    guard !groups.isEmpty else { return }
    _ = await cache.invalidate(groups, lsn: await knownLSN())
  }

  /// Nil is sound: it keeps replicas out until the primary has filled the cache again.
  private func knownLSN() async -> UInt64? {
    (try? await databases.currentLSN(within: .milliseconds(500))) ?? nil
  }

  /// Waits for a relay to do what this process could not.
  private func relayed(_ write: CommittedWrite, _ patience: Duration) async -> Bool {
    let bound = write.committed + cache.settings.stalenessBound
    let end = min(ContinuousClock.now + patience, bound)
    let ids = write.rows.map(\.id)
    while ContinuousClock.now < end {
      do { try await Task.sleep(until: min(ContinuousClock.now + .milliseconds(100), end)) } catch { break }
      // Those of a redelivered event are not known, and a database that is away tells nothing: then time must pass.
      if write.redelivered.isEmpty,
        (try? await Outbox(database: databases.primary).isConfirmed(ids, within: .milliseconds(500))) == true
      {
        return true
      }
    }
    return ContinuousClock.now >= bound
  }
}

extension Conversation {
  /// What a change of this row touches, as the triggers have it.
  var cacheGroups: Set<CacheGroup> {
    var groups: Set<CacheGroup> = [.conversation(id)]
    if let userID { groups.insert(.user(userID)) }
    return groups
  }
}
