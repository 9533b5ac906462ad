package import NIOCore

/// An answer, ready to send, from Redis or from the database: the two cannot be told apart by it.
package struct CachedValue: Sendable, Equatable {
  /// The HTTP status: 200, or 404 for what is known to be absent.
  package let status: Int
  /// The bytes to send.
  package let body: ByteBuffer
  /// A strong entity tag, quotes included; equal for equal bytes.
  package let etag: String
  /// Whose it is, to be compared before anything of it leaves; nil when nobody's.
  package let owner: String?
}

extension CachedValue {
  init(header: CachedValueHeader, body: ByteBuffer) {
    self.init(
      status: Int(header.status), body: body, etag: header.contentHash.etag,
      owner: header.owner.isEmpty ? nil : header.owner)
  }

  init(_ load: CacheLoad, contentHash: ContentHash) {
    self.init(status: load.status, body: load.body, etag: contentHash.etag, owner: load.owner)
  }
}
