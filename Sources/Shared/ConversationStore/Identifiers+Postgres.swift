import Conversations
import Postgres

extension PostgresParameter {
  static func id(_ id: ConversationID) -> PostgresParameter { .uuid(PostgresUUID(id.uuid)) }
  static func user(_ id: UserID?) -> PostgresParameter { .text(id?.text) }
  /// For `$n::text IS NULL OR user_id = $n`.
  static func owner(_ scope: OwnerScope) -> PostgresParameter {
    if case .only(let user) = scope { .user(user) } else { .user(nil) }
  }

  static func externalID(_ id: ExternalConversationID?) -> PostgresParameter { .text(id?.text) }
  static func time(_ time: Timestamp?) -> PostgresParameter { .timestamp(time?.microsecondsSinceEpoch) }
}

extension PostgresUUID {
  init(_ value: UUIDValue) { self.init(high: value.high, low: value.low) }
}

extension UUIDValue {
  init(_ value: PostgresUUID) { self.init(high: value.high, low: value.low) }
}
