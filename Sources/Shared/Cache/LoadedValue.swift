/// What a load brought, hashed once for all who wait for it.
struct LoadedValue: Sendable {
  let load: CacheLoad
  let contentHash: ContentHash
  let value: CachedValue
  /// How long it took.
  let cost: Duration

  init(_ load: CacheLoad, cost: Duration) {
    self.load = load
    self.cost = cost
    contentHash = ContentHash(of: load.body)
    value = CachedValue(load, contentHash: contentHash)
  }
}
