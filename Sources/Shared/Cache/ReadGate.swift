package import Redis

/// What a request must pass before anything is looked up or loaded for it: a question to Redis that is sent in front of
/// the lookup, in the same write, so that it costs no round trip.
package protocol ReadGate: AnyObject, Sendable {
  /// The question.
  var call: RedisScriptCall { get }

  /// Decides. Called once per question, before any work on the database.
  ///
  /// - Parameter reply: nil when Redis did not answer it.
  /// - Throws: what ends the request.
  func judge(_ reply: RedisReply?) throws
}
