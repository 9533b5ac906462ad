internal import NIOCore

/// What a key holds: the header and, unless it is cut off, the body.
struct StoredValue {
  let header: CachedValueHeader
  let value: CachedValue
  /// Whether the body has to be fetched before the value can be sent.
  let isCutOff: Bool

  /// Nil for foreign, cut off or overlong bytes.
  init?(whole bytes: ByteBuffer) {
    var body = bytes
    guard let header = CachedValueHeader(reading: &body) else { return nil }
    self.header = header
    value = CachedValue(header: header, body: body)
    isCutOff = false
  }

  /// From the first bytes of a value, as many as were asked for or the whole: a reader who has the body needs no more.
  init?(head bytes: ByteBuffer, for terms: ReadTerms) {
    if let whole = StoredValue(whole: bytes) {
      self = whole
      return
    }
    var rest = bytes
    guard bytes.readableBytes == CacheEntry.headLength, let header = CachedValueHeader(readingHead: &rest)
    else {
      return nil
    }
    self.header = header
    let form = terms.sentForm(of: header.form, length: Int(header.bodyLength))
    let known = terms.known.knownForm(of: header.contentHash, sending: form)
    value = CachedValue(header: header, body: ByteBuffer()).with(
      ByteBuffer(), known ?? header.form, isKnown: known != nil)
    isCutOff = known == nil
  }
}
