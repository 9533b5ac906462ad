package import Conversations
package import Keyspace
internal import NIOCore
package import Redis

/// A look at one field of any conversation, encoded once: for each read only the ids are exchanged.
package struct CacheLookTemplate: Sendable {
  package let field: CacheField
  /// Whether the reader may have the body: see ``CacheEntry/glance``.
  package let isConditional: Bool
  private let look: RedisRequest
  /// Where ids stand.
  private let places: [Int]

  private static let anyID = ConversationID(UUIDValue(high: 0, low: 0))
  private static let idLength = 36

  /// - Throws: `RedisError` when the keys are too long for a command.
  init(_ field: CacheField, isConditional: Bool, keys: CacheKeys) throws(RedisError) {
    self.field = field
    self.isConditional = isConditional
    let entry = CacheEntry(.conversation(Self.anyID), field, keys: keys)
    look = try RedisRequest(isConditional ? entry.glance : [entry.lookup])
    let (bytes, id) = (Array(look.bytes.readableBytesView), Array(Self.anyID.description.utf8))
    places = (0...(bytes.count - id.count)).filter { bytes[$0..<($0 + id.count)].elementsEqual(id) }
  }

  /// The look at that conversation's field, behind a gate's question.
  package func request(for id: ConversationID, behind question: RedisRequest?) -> RedisRequest {
    var bytes = ByteBuffer()
    bytes.reserveCapacity((question?.bytes.readableBytes ?? 0) + look.bytes.readableBytes)
    if let question { bytes.writeImmutableBuffer(question.bytes) }
    let start = bytes.writerIndex
    bytes.writeImmutableBuffer(look.bytes)
    bytes.withUnsafeMutableReadableBytes { bytes in
      for place in places {
        let target = bytes[(start + place)..<(start + place + Self.idLength)]
        id.uuid.write(to: UnsafeMutableRawBufferPointer(rebasing: target))
      }
    }
    return RedisRequest(bytes: bytes, commands: look.commands + (question?.commands ?? 0))
  }
}
