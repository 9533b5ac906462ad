internal import Gzip
internal import NIOCore

extension Cache {
  /// The load, which also packs for a reader who wants that, so that all who share it do so once.
  func packing(_ load: @escaping Load, for terms: ReadTerms) -> Load {
    guard terms.forms != .plain else { return load }
    return { source in
      var loaded = try await load(source)
      if loaded.status == 200, AcceptedForms.either.form(ofPlain: loaded.body.readableBytes) == .gzip {
        loaded.packed = Gzip.compress(loaded.body)
      }
      return loaded
    }
  }

  /// What this reader gets of a value: the form it takes, or nothing where it has the content.
  ///
  /// - Returns: nil when a stored body cannot be unpacked.
  func fit(_ value: CachedValue, to terms: ReadTerms) -> CachedValue? {
    guard value.status == 200, !value.isKnown else { return value }
    let form = terms.sentForm(of: value.form, length: value.body.readableBytes)
    if let known = terms.known.knownForm(of: value.contentHash, sending: form) {
      return value.with(ByteBuffer(), known, isKnown: true)
    }
    switch (value.form, form) {
    case (.plain, .plain), (.gzip, .gzip):
      return value
    case (.plain, .gzip):
      if let packed = value.packed { return value.with(packed, .gzip) }
      observe(.converted(to: .gzip))
      return value.with(Gzip.compress(value.body), .gzip)
    case (.gzip, .plain):
      guard let plain = Gzip.decompress(value.body, limit: AcceptedForms.packedLengths.upperBound) else {
        return nil
      }
      observe(.converted(to: .plain))
      return value.with(plain, .plain)
    }
  }
}
