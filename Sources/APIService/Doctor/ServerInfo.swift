/// The lines of Redis' `INFO`; managed servers may leave some out.
struct ServerInfo: Sendable {
  private let facts: [Substring: Substring]

  init(_ text: String) {
    var facts: [Substring: Substring] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { facts[parts[0]] = parts[1] }
    }
    self.facts = facts
  }

  subscript(_ name: String) -> String? { facts[name[...]].map(String.init) }

  var version: String { self["redis_version"] ?? "of an unknown version" }

  /// Names the very server, so that two URLs of one can be told.
  var runID: String? { self["run_id"] }

  /// What speaks against it as a cache.
  var cacheFindings: [Finding] {
    let check = "cache policy"
    if let role = self["role"], role != "master" {
      return [.failed(check, "it is a replica", "let REDIS_CACHE_URL name the master")]
    }
    guard let policy = self["maxmemory_policy"] else {
      return [
        .warning(check, "it does not tell its maxmemory-policy", "see to it that it evicts: allkeys-lfu")
      ]
    }
    if policy == "noeviction" {
      return [
        .warning(check, "a full cache takes nothing new (noeviction)", "set maxmemory-policy allkeys-lfu")
      ]
    }
    if self["maxmemory"] == "0" {
      return [.warning(check, "it may grow without a limit", "set maxmemory")]
    }
    return [.ok(check, "evicts by \(policy), at \(self["maxmemory_human"] ?? "its limit")")]
  }
}
