/// Where an item stands in its list: the values that the list is sorted by. Reading goes on behind it, whatever was
/// added or removed before.
package enum Keyset: Hashable, Sendable {
  /// Among conversations, newest first.
  case conversation(createdAt: Timestamp, ConversationID)
  /// Among the messages of a conversation.
  case message(position: Int)
  /// Among a user's messages, newest first.
  case history(createdAt: Timestamp, ConversationID, position: Int)

  /// The values, eight bytes each.
  var words: [UInt64] {
    switch self {
    case .conversation(let time, let id): [time.word, id.uuid.high, id.uuid.low]
    case .message(let position): [UInt64(position)]
    case .history(let time, let id, let position): [time.word, id.uuid.high, id.uuid.low, UInt64(position)]
    }
  }

  /// Their number tells the list; nil for any other, and for a time or a position that nothing can have.
  init?(words: [UInt64]) {
    switch words.count {
    case 1:
      guard let position = Int32(exactly: words[0]) else { return nil }
      self = .message(position: Int(position))
    case 3:
      guard let time = Timestamp(word: words[0]) else { return nil }
      self = .conversation(createdAt: time, ConversationID(words))
    case 4:
      guard let time = Timestamp(word: words[0]), let position = Int32(exactly: words[3]) else { return nil }
      self = .history(createdAt: time, ConversationID(words), position: Int(position))
    default: return nil
    }
  }
}

extension Timestamp {
  fileprivate var word: UInt64 { UInt64(bitPattern: microsecondsSinceEpoch) }

  /// Nil beyond the years that four digits can tell.
  fileprivate init?(word: UInt64) {
    let microseconds = Int64(bitPattern: word)
    guard (-62_135_596_800_000_000...253_402_300_799_999_999).contains(microseconds) else { return nil }
    self.init(microsecondsSinceEpoch: microseconds)
  }
}

extension ConversationID {
  fileprivate init(_ words: [UInt64]) { self.init(UUIDValue(high: words[1], low: words[2])) }
}
