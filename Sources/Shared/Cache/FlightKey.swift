/// What loads are joined by: the field's key and the epoch that Redis showed.
struct FlightKey: Hashable, Sendable {
  let valueKey: String
  let epoch: CacheEpoch

  init(_ entry: CacheEntry, _ epoch: CacheEpoch) {
    valueKey = entry.valueKey
    self.epoch = epoch
  }
}
