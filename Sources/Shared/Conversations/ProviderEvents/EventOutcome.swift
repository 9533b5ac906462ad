/// How an event ended, as `webhook_events` records it.
package enum EventOutcome: String, Sendable, CaseIterable {
  /// Its effect holds, whether or not anything had to be written for it.
  case applied
  /// A transcript that a better one was there for already.
  case superseded
  /// Without effect by its kind, or lacking what it is about.
  case ignored
  /// About a conversation that was deleted.
  case deleted
}
