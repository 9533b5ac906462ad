/// The 128 bits of a `uuid` column; the modules above have their own id types.
package struct PostgresUUID: Sendable, Hashable {
  /// The first eight bytes, big-endian.
  package let high: UInt64
  /// The last eight bytes, big-endian.
  package let low: UInt64

  /// The UUID whose text begins with `high` in hexadecimal.
  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }
}
