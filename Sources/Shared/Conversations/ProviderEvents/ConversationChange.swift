/// What an event makes of a conversation: the contract's table as one function, without clock or database.
package struct ConversationChange: Equatable, Sendable {
  /// What to record.
  package let outcome: EventOutcome
  /// The conversation afterwards; the one before where nothing changes. Nil when it is not to exist.
  package let state: ConversationState?
  /// The transcript to store in place of what is there. Equal entries need no write.
  package let replacement: Transcript?

  /// Applies `event`, which happened at `time` (see `ProviderEvent.time`), to what is stored. `state` is nil when nobody
  /// has the conversation yet; an event with an effect then creates it.
  package static func applying(
    _ event: ProviderEvent, at time: Timestamp, to state: ConversationState?
  ) throws(JSONError) -> ConversationChange {
    var next = state ?? ConversationState()
    switch event.content {
    case .joined: next.join(at: time)
    case .shutdown(let reason): next.shutDown(at: time, reason: reason)
    case .recording(let url): next.recordingURL = url
    case .perceptionAnalysis(let analysis):
      next.metadata = try MetadataRules.setPerceptionAnalysis(analysis, in: next.metadata)
    case .transcript(let transcript):
      guard next.accepts(transcript, at: time) else { return ConversationChange(.superseded, state) }
      next.receive(transcript, at: time)
      return ConversationChange(.applied, next, replacement: transcript)
    case .other: return ConversationChange(.ignored, state)
    case .erased: return ConversationChange(.deleted, state)
    }
    return ConversationChange(.applied, next)
  }

  private init(_ outcome: EventOutcome, _ state: ConversationState?, replacement: Transcript? = nil) {
    self.outcome = outcome
    self.state = state
    self.replacement = replacement
  }
}

extension ConversationState {
  fileprivate mutating func join(at time: Timestamp) {
    status = status.raised(to: .active)
    startedAt = startedAt ?? time
  }

  /// Of several shutdowns the earliest counts, in whatever order they arrive, so that a resend under a later time changes
  /// nothing. An end that only a transcript implied gives way.
  fileprivate mutating func shutDown(at time: Timestamp, reason: String?) {
    status = status.raised(to: .ended)
    let knowsShutdown = shutdownReason != nil || !transcriptReceived
    if let endedAt, knowsShutdown, endedAt <= time {
      shutdownReason = shutdownReason ?? reason
    } else {
      endedAt = time
      shutdownReason = reason ?? shutdownReason
    }
  }

  /// One that is shorter, or older than what is stored, is not news.
  fileprivate func accepts(_ transcript: Transcript, at time: Timestamp) -> Bool {
    guard let stored = self.transcript else { return true }
    guard transcript.entries.count >= stored.entryCount else { return false }
    return stored.eventTime.map { time >= $0 } ?? true
  }

  fileprivate mutating func receive(_ transcript: Transcript, at time: Timestamp) {
    status = status.raised(to: .ended)
    endedAt = endedAt ?? time
    transcriptReceived = true
    self.transcript = StoredTranscript(entryCount: transcript.entries.count, eventTime: time)
  }
}
