import ArgumentParser
import Conversations
import Keyspace

/// Whose answers a command is about.
struct GroupChoice: ParsableArguments {
  @Argument(help: "The conversation's id.")
  var conversationID: String?

  @Option(help: "A user's id instead: the user's lists and history.")
  var user: String?

  /// Nil while not validated.
  var group: CacheGroup? {
    if let user { return UserID(user).map { .user($0) } }
    return conversationID.flatMap { ConversationID($0) }.map { .conversation($0) }
  }

  func validate() throws {
    guard (conversationID == nil) != (user == nil) else {
      throw ValidationError("name either a conversation's id or --user")
    }
    guard group == nil else { return }
    throw ValidationError(
      user == nil
        ? "expected a conversation's id, a UUID"
        : "--user: expected 1 to 128 characters of A-Z a-z 0-9 . _ : | @ + = -")
  }
}
