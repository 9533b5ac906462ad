/// The watermark of one server, as somebody looks at it.
package struct CacheWatermark: Sendable, Equatable {
  /// `run_id|master_replid` of the server; nil if it does not say.
  package let server: String?
  /// What it holds: such a name and the timeline of Postgres; nil when there is none.
  package let text: String?
  /// How long it lasts.
  package let left: Duration
  /// Why hits of this server do not count; nil when they do.
  package let distrust: CacheDistrust?
}
