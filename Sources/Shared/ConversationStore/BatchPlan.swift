import Conversations
import Keyspace

/// What a batch is to write: the rules applied to what is stored. Pure.
struct BatchPlan: Sendable {
  /// A conversation of the batch that has a row.
  struct ConversationPlan: Sendable {
    let row: Conversation
    let before: ConversationState
    var after: ConversationState
    /// The transcript that is to be stored, unless its entries are stored already.
    var transcript: (entries: [TranscriptEntry], eventTime: Timestamp, digest: String)?
    let storedDigest: String?
    /// An earlier delivery wrote some of its events, and may have died before it invalidated.
    let isRedelivery: Bool

    var changesRow: Bool { after.differsInRow(from: before) }
    var changesMessages: Bool { transcript.map { $0.digest != storedDigest } ?? false }
  }

  /// An event to record.
  struct Record: Sendable {
    let event: IncomingEvent
    let outcome: EventOutcome
    let time: Timestamp
  }

  private(set) var conversations: [ConversationPlan] = []
  private(set) var records: [Record] = []
  private(set) var fenced: [ExternalConversationID: Int64] = [:]
  private(set) var skippedEntries = 0
  /// Created by this batch while their deletion committed: to be deleted again.
  private(set) var revenants: [ConversationID] = []

  /// What an earlier delivery may have left in the cache.
  var redelivered: Set<CacheGroup> {
    conversations.filter(\.isRedelivery).reduce(into: []) { $0.formUnion($1.row.cacheGroups) }
  }

  /// Throws `ConcurrentChange` when a conversation came or went between the statements: the batch is to be done again.
  init(_ batch: EventBatch, _ stored: StoredBatch) throws {
    var seen = stored.recorded
    for group in batch.groups {
      if let fence = stored.fences[group.id], fence > group.fence {
        fenced[group.id] = fence
        continue
      }
      let news = group.events.filter { seen.insert($0.id.text).inserted }
      try plan(
        news, stored.rows[group.id], stored, isDeleted: stored.tombstones.contains(group.id),
        isRedelivery: news.count < group.events.count)
    }
  }

  private mutating func plan(
    _ events: [IncomingEvent], _ row: Conversation?, _ stored: StoredBatch, isDeleted: Bool,
    isRedelivery: Bool
  ) throws {
    // A row with an owner was registered again: it is no revenant, and lifts its tombstone in its own transaction.
    if isDeleted, row?.userID == nil {
      if let row { revenants.append(row.id) }
      records += events.map { Record(event: $0, outcome: .deleted, time: $0.time) }
      return
    }
    var plan = row.map { ConversationPlan($0, stored.transcripts[$0.id], isRedelivery: isRedelivery) }
    for event in events {
      let change = try ConversationChange.applying(event.event, at: event.time, to: plan?.after)
      records.append(Record(event: event, outcome: change.outcome, time: event.time))
      guard change.outcome == .applied, let state = change.state else { continue }
      guard plan != nil else { throw ConcurrentChange() }
      plan?.after = state
      guard let transcript = change.replacement else { continue }
      plan?.transcript = (transcript.entries, event.time, Self.digest(of: transcript.entries))
      skippedEntries += transcript.skipped
    }
    if let plan { conversations.append(plan) }
  }

  /// SHA-256 over the entries, in hex: equal for equal entries, whatever the event's own time.
  static func digest(of entries: [TranscriptEntry]) -> String {
    var writer = JSONWriter(capacity: 256 * entries.count + 16)
    writer.beginArray()
    for entry in entries {
      writer.integer(entry.position)
      writer.string(entry.role)
      writer.string(entry.content)
      writer.string(entry.spokenAt?.description ?? "")
      writer.integer(entry.spokenAt.map { Int($0.microsecondsSinceEpoch) } ?? 0)
    }
    writer.endArray()
    return hexadecimalSHA256(of: writer.bytes.span)
  }
}

extension BatchPlan.ConversationPlan {
  init(_ row: Conversation, _ transcript: StoredBatch.Transcript?, isRedelivery: Bool) {
    let state = ConversationState(
      status: row.status, startedAt: row.startedAt, endedAt: row.endedAt, shutdownReason: row.shutdownReason,
      transcriptReceived: row.transcriptReceived,
      transcript: transcript.map { .init(entryCount: $0.entryCount, eventTime: $0.eventTime) },
      recordingURL: row.recordingURL, metadata: row.metadata)
    self.init(
      row: row, before: state, after: state, transcript: nil, storedDigest: transcript?.digest,
      isRedelivery: isRedelivery)
  }
}

extension IncomingEvent {
  /// When it happened.
  var time: Timestamp { event.time(receivedAt: receivedAt) }
}
