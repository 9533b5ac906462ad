/// What a read came to.
package struct CacheAnswer: Sendable {
  /// In the form that the reader takes.
  package let value: CachedValue
  /// Where it came from.
  package let status: CacheStatus
  package let times: ReadTimes
}
