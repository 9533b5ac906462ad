/// Every key of the cache role. The braces are the hash tag, so that a group lives in one Redis Cluster slot.
package struct CacheKeys: Sendable {
  /// Part of every value's key. Raised whenever the bytes of any cached answer change their form: a release never
  /// serves what another one rendered.
  package static let schema = 3

  private let prefix: String

  /// - Parameter prefix: put before every key, so that environments and tests can share a server.
  package init(prefix: String = "") {
    precondition(!prefix.contains("{"), "a brace in the prefix would replace the hash tag: \(prefix)")
    self.prefix = prefix
    watermark = "\(prefix)cache:watermark"
  }

  /// STRING `epoch|floor`. 900 s, renewed by each script. No schema version: any release's invalidation must kill
  /// any release's values.
  package func epoch(of group: CacheGroup) -> String { "\(name(of: group)):epoch" }

  /// STRING, header and body. TTL as the settings say.
  package func value(of field: CacheField, in group: CacheGroup) -> String {
    "\(name(of: group)):v\(Self.schema):\(field.name)"
  }

  /// STRING `epoch|token` of whoever fills the field at the moment. 2 s.
  package func lease(of field: CacheField, in group: CacheGroup) -> String {
    "\(name(of: group)):lease:\(field.name)"
  }

  /// STRING `run_id|master_replid|timeline`: on which server everything written until shortly before its end was
  /// invalidated. Expires a little less than 5 s after the relay looked, at an absolute time.
  package let watermark: String

  /// For `SCAN MATCH`: the keys of a group, and nobody else's.
  package func pattern(of group: CacheGroup) -> String {
    let name = name(of: group).map { "*?[]\\".contains($0) ? "\\\($0)" : String($0) }
    return "\(name.joined()):*"
  }

  /// What a key of this group is for; nil for any other.
  package func part(_ key: String, of group: CacheGroup) -> CacheKeyPart? {
    let name = "\(name(of: group)):"
    guard key.hasPrefix(name) else { return nil }
    let rest = key.dropFirst(name.count)
    if rest == "epoch" { return .epoch }
    let parts = rest.split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    if parts[0] == "lease" { return .lease(field: String(parts[1])) }
    guard parts[0].first == "v", let schema = Int(parts[0].dropFirst()) else { return nil }
    return .value(schema: schema, field: String(parts[1]))
  }

  private func name(of group: CacheGroup) -> String {
    switch group {
    case .conversation(let id): "\(prefix)conversation:{\(id)}"
    case .user(let id): "\(prefix)user:{\(id)}"
    }
  }
}

/// What a key of a group is for.
package enum CacheKeyPart: Sendable, Hashable {
  case epoch
  /// Of the release that uses this schema.
  case value(schema: Int, field: String)
  case lease(field: String)
}
