/// What a number of reads came to, measured against the promises.
struct Verdict: Sendable {
  /// Answers.
  var reads = 0
  /// Versions that they showed.
  var sightings = 0
  /// Shown although a later write was confirmed before the read began.
  var stale = 0
  /// Shown longer after the commit of a later write than the bound.
  var tooOld = 0
  /// Shown without a write, without a commit, or before the write began.
  var impossible = 0
  /// The longest time from a commit to the beginning of a read that did not show it.
  var worstStaleness: Duration = .zero
  /// The first few of what was wrong.
  var complaints: [String] = []

  var isSound: Bool { stale + tooOld + impossible == 0 }

  mutating func complain(_ complaint: @autoclosure () -> String) {
    if complaints.count < 10 { complaints.append(complaint()) }
  }
}

/// Holds reads against the writes of a whole run, after it.
struct Judge: Sendable {
  /// An object's writes in the order of their commits, which need not be that of their versions: a PATCH that its
  /// client has given up may commit after the next one.
  private struct Line {
    var rank: [Int: Int] = [:]
    var committed: [Moment] = []
    /// At each rank: when the first of all later writes was confirmed.
    var laterConfirmed: [Moment?] = []
    /// Whether a later version may have been written in the place of an earlier one.
    let isMerging: Bool

    /// The rank from which on a version has had its effect.
    func effect(of version: Int) -> Int? {
      if let rank = rank[version] { return rank }
      return isMerging ? rank.filter { $0.key > version }.min { $0.key < $1.key }?.value : nil
    }
  }

  private let history: History
  private let bound: Duration
  private var lines: [Versioned: Line] = [:]

  /// - Parameters:
  ///   - commits: of each object in their order, without version 0.
  ///   - bound: how much older than a commit an answer may be at the very worst.
  init(_ history: History, commits: [Versioned: [CommitRecord]], bound: Duration) {
    self.history = history
    self.bound = bound
    for (object, writes) in history.writes {
      lines[object] = Self.line(object, writes, commits[object] ?? [])
    }
  }

  /// Writes that were confirmed and never committed.
  var lostWrites: [String] {
    history.writes.flatMap { object, writes in
      writes.indices.filter { writes[$0].confirmed != nil && lines[object]?.effect(of: $0) == nil }
        .map { "\(object): version \($0) was confirmed, but is not in the database" }
    }
  }

  /// - Parameter isPartitioned: the reads fall into a time when clients talk to different Redis servers, for which only
  ///   the bound is promised.
  func verdict(on reads: some Sequence<ReadRecord>, isPartitioned: Bool = false) -> Verdict {
    var verdict = Verdict()
    for read in reads {
      verdict.reads += 1
      for sighting in read.sightings { judge(sighting, read, isPartitioned, &verdict) }
    }
    return verdict
  }

  private func judge(
    _ sighting: Sighting, _ read: ReadRecord, _ isPartitioned: Bool, _ verdict: inout Verdict
  ) {
    verdict.sightings += 1
    let object = sighting.object
    guard let line = lines[object], let version = version(of: sighting, read, line),
      let rank = line.rank[version],
      let write = history.writes[object]?[version], write.began <= read.ended
    else {
      verdict.impossible += 1
      return verdict.complain("\(object): nobody can have seen version \(sighting.version) (\(read.origin))")
    }
    if let confirmed = line.laterConfirmed[rank], confirmed < read.began, !isPartitioned {
      verdict.stale += 1
      verdict.complain(
        "\(object): version \(version) was read \(read.began - confirmed) after a later one was confirmed "
          + "(\(read.origin))")
    }
    guard line.committed.indices.contains(rank + 1) else { return }
    let staleness = read.began - line.committed[rank + 1]
    verdict.worstStaleness = max(verdict.worstStaleness, staleness)
    guard staleness > bound else { return }
    verdict.tooOld += 1
    verdict.complain(
      "\(object): version \(version) was read \(staleness) after the next one was committed "
        + "(\(read.origin))")
  }

  /// The version that was seen; the latest possible one where the answer leaves a choice.
  private func version(of sighting: Sighting, _ read: ReadRecord, _ line: Line) -> Int? {
    guard sighting.version < 0, sighting.object.part == .presence else { return sighting.version }
    let parity = sighting.version == Sighting.absent ? 0 : 1
    let writes = history.writes[sighting.object] ?? []
    return line.rank.keys.filter { version in
      version % 2 == parity && writes.indices.contains(version) && writes[version].began <= read.ended
    }.max()
  }

  private static func line(
    _ object: Versioned, _ writes: [WriteRecord], _ commits: [CommitRecord]
  ) -> Line {
    // Of several transcripts in one batch of a worker only the last is stored.
    var line = Line(isMerging: object.part == .transcript)
    for commit in [CommitRecord(version: 0, committed: .distantPast)] + commits {
      line.rank[commit.version] = line.committed.count
      line.committed.append(commit.committed)
    }
    var confirmed = [Moment?](repeating: nil, count: line.committed.count)
    for (version, write) in writes.enumerated() {
      guard let moment = write.confirmed, let rank = line.effect(of: version) else { continue }
      confirmed[rank] = min(moment, confirmed[rank] ?? moment)
    }
    line.laterConfirmed = Array(repeating: nil, count: line.committed.count)
    var earliest: Moment?
    for rank in confirmed.indices.reversed() {
      line.laterConfirmed[rank] = earliest
      if let moment = confirmed[rank] { earliest = min(moment, earliest ?? moment) }
    }
    return line
  }
}
