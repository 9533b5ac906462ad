/// What a look at an entry came to, made before the read that it is for.
package struct CacheLook: Sendable {
  /// Of the entry that was looked at.
  let valueKey: String
  let result: Result<CacheVerdict, CacheBypass>
  let times: ReadTimes
}
