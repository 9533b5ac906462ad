package import NIOCore

extension CachedValue {
  /// An answer that is not kept, in the same form as one that is.
  package init(uncached load: CacheLoad) {
    self.init(load, contentHash: ContentHash(of: load.body))
  }

  /// The entity tag that a read of these bytes carries.
  package static func etag(of body: ByteBuffer) -> String {
    ContentHash(of: body).etag
  }
}
