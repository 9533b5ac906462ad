internal import Gzip
internal import NIOCore

extension Cache {
  /// The load, which also packs for a reader who wants that, so that all who share it do so once.
  func packing(_ load: @escaping Load, for terms: ReadTerms) -> Load {
    guard terms.forms != .plain else { return load }
    return { source in
      var loaded = try await load(source)
      if loaded.status == 200, AcceptedForms.either.form(ofPlain: loaded.body.readableBytes) == .gzip {
        loaded.packed = await Self.pack(loaded.body)
      }
      return loaded
    }
  }

  /// Reads run on event loops, where a millisecond of work is a millisecond for everybody else: what takes as long is
  /// done on the pool.
  private static func onPool<Value: Sendable>(_ work: @Sendable () -> Value) async -> Value {
    await withTaskExecutorPreference(globalConcurrentExecutor) { work() }
  }

  private static func pack(_ body: ByteBuffer) async -> ByteBuffer {
    isLong(body, .plain) ? await onPool { Gzip.compress(body) } : Gzip.compress(body)
  }

  /// Whether it takes a good part of a millisecond to give a body of this form the other one.
  private static func isLong(_ body: ByteBuffer, _ form: ContentForm) -> Bool {
    body.readableBytes > (form == .gzip ? 8 << 10 : 32 << 10)
  }

  /// ``fitAtOnce(_:to:)``, but long bodies on the pool.
  func fit(_ value: CachedValue, to terms: ReadTerms) async -> CachedValue? {
    fitsAtOnce(value, to: terms)
      ? fitAtOnce(value, to: terms) : await Self.onPool { fitAtOnce(value, to: terms) }
  }

  /// Whether ``fitAtOnce(_:to:)`` has no long body to pack or unpack.
  func fitsAtOnce(_ value: CachedValue, to terms: ReadTerms) -> Bool {
    value.isKnown || !Self.isLong(value.body, value.form)
      || terms.sentForm(of: value.form, length: value.body.readableBytes) == value.form
  }

  /// What this reader gets of a value: the form it takes, or nothing where it has the content.
  ///
  /// - Returns: nil when a stored body cannot be unpacked.
  func fitAtOnce(_ value: CachedValue, to terms: ReadTerms) -> CachedValue? {
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
