internal import Crypto

/// What stands for a conversation in keys and lists, and the shard it belongs to.
///
/// Ids over 128 bytes are replaced by a digest, so that keys stay short; so are ids that look like such a
/// digest, or a client could name one conversation so that it meets another. The external id itself travels
/// with each event.
package struct ConversationToken: Sendable, Hashable {
  /// At most 128 bytes.
  package let text: String
  /// In `0..<shards`. Stable across processes and releases: FNV-1a over the external id's UTF-8.
  package let shard: Int

  package init(_ conversation: String, shards: Int) {
    let bytes = Array(conversation.utf8)
    let isHashed = bytes.count > Self.longest || conversation.utf8.starts(with: Self.mark.utf8)
    text = isHashed ? Self.mark + Self.hex(SHA256.hash(data: bytes)) : conversation
    shard = Int(Self.fnv1a(bytes) % UInt64(shards))
  }

  private static let longest = 128
  private static let mark = "sha256:"

  private static func fnv1a(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  private static func hex(_ digest: SHA256.Digest) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
