/// Every metadata key of our logs. Values are ids, counts and durations: never a token, a payload or content.
package enum LogKey {
  package static let requestID = "requestId"
  package static let method = "method"
  package static let route = "route"
  package static let status = "status"
  package static let durationMilliseconds = "durationMs"
  package static let error = "error"
  package static let eventID = "eventId"
  package static let events = "events"
  package static let conversations = "conversations"
  package static let skippedEntries = "skippedEntries"
  package static let settled = "settled"
  package static let task = "task"
  package static let count = "count"
  package static let url = "url"
  package static let hanging = "hanging"
  package static let version = "version"
}
