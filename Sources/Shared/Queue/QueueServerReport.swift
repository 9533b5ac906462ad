/// Whether a Redis may hold the queue, judged by its `INFO`.
package struct QueueServerReport: Sendable, Equatable {
  /// Why it may not: accepted events could vanish, or the scripts would not run.
  package private(set) var refusals: [String] = []
  /// What the operator should know.
  package private(set) var warnings: [String] = []

  /// - Parameter info: the reply of `INFO`, in which managed servers may leave out lines.
  package init(info: String) {
    let facts = Self.facts(in: info)
    judgeVersion(facts["redis_version"])
    judgeEviction(facts["maxmemory_policy"])
    if facts["aof_enabled"] != "1" {
      warnings.append("no append-only file: a crash of Redis loses accepted events")
    }
    if let role = facts["role"], role != "master" {
      refusals.append("it is a replica (role \(role)) and takes no writes")
    }
  }

  private mutating func judgeVersion(_ version: Substring?) {
    guard let version, let major = version.split(separator: ".").first.flatMap({ Int($0) }) else {
      return warnings.append("its version is unknown; 7.0 is needed")
    }
    if major < 7 { refusals.append("it is Redis \(version); 7.0 is needed") }
  }

  private mutating func judgeEviction(_ policy: Substring?) {
    switch policy {
    case "noeviction": break
    case nil: warnings.append("its maxmemory-policy is unknown; it must be noeviction")
    case let other?:
      refusals.append("maxmemory-policy is \(other), which drops queued events; set noeviction")
    }
  }

  private static func facts(in info: String) -> [Substring: Substring] {
    var facts: [Substring: Substring] = [:]
    for line in info.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { facts[parts[0]] = parts[1] }
    }
    return facts
  }
}
