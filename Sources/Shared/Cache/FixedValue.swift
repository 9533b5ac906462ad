internal import Gzip
package import NIOCore

/// A body that only a release changes, packed once. Readers get it by the rules of reads, without Redis.
package struct FixedValue: Sendable {
  private let plain: CachedValue
  private let packed: ByteBuffer

  /// Compresses on the caller's thread.
  package init(_ body: ByteBuffer) {
    plain = CachedValue(status: 200, body: body, owner: nil, contentHash: ContentHash(of: body))
    packed = Gzip.compress(body)
  }

  /// The form that the reader takes, or nothing where it has the content.
  package func value(for terms: ReadTerms) -> CachedValue {
    let form = terms.sentForm(of: .plain, length: plain.body.readableBytes)
    if let known = terms.known.knownForm(of: plain.contentHash, sending: form) {
      return plain.with(ByteBuffer(), known, isKnown: true)
    }
    return form == .plain ? plain : plain.with(packed, .gzip)
  }
}
