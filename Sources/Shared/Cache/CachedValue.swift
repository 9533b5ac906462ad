package import NIOCore

/// An answer, ready to send, from Redis or from the database: the two cannot be told apart by it.
package struct CachedValue: Sendable, Equatable {
  /// The HTTP status: 200, or 404 for what is known to be absent.
  package let status: Int
  /// The bytes to send; none when the reader has them.
  package let body: ByteBuffer
  /// How they are written.
  package let form: ContentForm
  /// Whether the reader named the entity tag: 304.
  package let isKnown: Bool
  /// Whose it is, to be compared before anything of it leaves; nil when nobody's.
  package let owner: String?
  /// The load's ``CacheLoad/summary``.
  package let summary: String
  let contentHash: ContentHash
  /// The packed form of a plain body, where it has been made.
  let packed: ByteBuffer?

  init(
    status: Int, body: ByteBuffer, form: ContentForm = .plain, packed: ByteBuffer? = nil,
    isKnown: Bool = false,
    owner: String?, summary: String = "", contentHash: ContentHash
  ) {
    self.status = status
    self.body = body
    self.form = form
    self.packed = packed
    self.isKnown = isKnown
    self.owner = owner
    self.summary = summary
    self.contentHash = contentHash
  }

  /// A strong entity tag, quotes included; equal for equal bytes.
  package var etag: String { contentHash.etag(form) }

  /// The entity tag that a read of these bytes carries.
  package static func etag(of body: ByteBuffer) -> String { ContentHash(of: body).etag(.plain) }

  /// The same with another body.
  func with(_ body: ByteBuffer, _ form: ContentForm, isKnown: Bool = false) -> CachedValue {
    CachedValue(
      status: status, body: body, form: form, isKnown: isKnown, owner: owner, summary: summary,
      contentHash: contentHash)
  }
}

extension CachedValue {
  init(header: CachedValueHeader, body: ByteBuffer) {
    self.init(
      status: Int(header.status), body: body, form: header.form,
      owner: header.owner.isEmpty ? nil : header.owner, summary: header.summary,
      contentHash: header.contentHash)
  }

  init(_ load: CacheLoad, contentHash: ContentHash) {
    self.init(
      status: load.status, body: load.body, packed: load.packed, owner: load.owner, summary: load.summary,
      contentHash: contentHash)
  }
}

extension CachedValueHeader {
  var form: ContentForm { flags.contains(.gzip) ? .gzip : .plain }
}
