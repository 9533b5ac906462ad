/// The provider's name of a kind of event, by the same rule as its conversation ids. Unknown ones are legal.
package struct EventType: BytewiseText {
  /// The characters, exactly as they came.
  package let text: String

  /// Nil when the text is blank, longer than 128 scalars or holds a control character.
  package init?(_ text: String) {
    guard isProviderName(text) else { return nil }
    self.text = text
  }

  private init(known text: String) { self.text = text }

  /// The replica joined the call.
  package static let replicaJoined = EventType(known: "system.replica_joined")
  /// The name of `replicaJoined` since 2026; both may be sent for one join.
  package static let palJoined = EventType(known: "system.pal_joined")
  /// The call ended.
  package static let shutdown = EventType(known: "system.shutdown")
  /// The whole transcript of a call.
  package static let transcriptionReady = EventType(known: "application.transcription_ready")
  /// The recording of a call was stored.
  package static let recordingReady = EventType(known: "application.recording_ready")
  /// Ours: what the event was has been erased with its conversation.
  package static let erased = EventType(known: "erased")
  /// What the provider saw during the call.
  package static let perceptionAnalysis = EventType(known: "application.perception_analysis")
}
