internal import Conversations
internal import Keyspace

/// What a look at an answer came to, made before the read that it is for.
package struct CacheLook: Sendable {
  let group: CacheGroup
  let field: CacheField
  let result: Result<CacheVerdict, CacheBypass>
  let times: ReadTimes
}
