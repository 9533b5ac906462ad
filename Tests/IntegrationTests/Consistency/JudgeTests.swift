import Testing

/// The judge of ``ConsistencyTests`` on histories that were made up.
@Suite("The judge of reads")
struct JudgeTests {
  private let title = Versioned(conversation: 7, part: .title)

  /// Version 1 is begun at 10 s, committed at 11 s, confirmed at 12 s; version 2 begun at 20 s, committed at 21 s, never
  /// confirmed.
  private func history() -> (History, [Versioned: [CommitRecord]]) {
    var history = History()
    history.add(title)
    for second in [10, 20] { _ = history.beginWrite(of: title, at: at(Double(second))) }
    history.confirmWrite(of: title, 1, at: at(12))
    return (history, [title: [commit(1, 11), commit(2, 21)]])
  }

  private func at(_ seconds: Double) -> Moment { Moment(microseconds: Int(seconds * 1_000_000)) }

  private func commit(_ version: Int, _ second: Double) -> CommitRecord {
    CommitRecord(version: version, committed: at(second))
  }

  private func verdict(
    _ version: Int, _ began: Double, _ ended: Double, isPartitioned: Bool = false
  ) -> Verdict {
    let (history, commits) = history()
    let read = ReadRecord(
      began: at(began), ended: at(ended), sightings: [Sighting(object: title, version: version)],
      origin: "made up")
    return Judge(history, commits: commits, bound: .seconds(5))
      .verdict(on: [read], isPartitioned: isPartitioned)
  }

  @Test(
    "Current, or overtaken while the read was under way, or written but not confirmed: sound",
    arguments: [
      (0, 5.0, 6.0), (0, 11.9, 30.0), (1, 10.5, 10.9), (1, 12.1, 12.2), (1, 25.9, 26.0), (2, 20.5, 20.6),
      (2, 99, 100),
    ])
  func sound(_ version: Int, _ began: Double, _ ended: Double) {
    let verdict = verdict(version, began, ended)
    #expect(verdict.isSound)
    #expect(verdict.complaints.isEmpty)
    #expect(verdict.sightings == 1)
  }

  @Test("Older than a write confirmed before the read began: stale, however little")
  func stale() {
    let verdict = verdict(0, 12.000_001, 12.1)
    #expect((verdict.stale, verdict.tooOld, verdict.impossible) == (1, 0, 0))
    #expect(verdict.complaints.count == 1)
  }

  @Test("Under a partition that is allowed within the bound, and no longer")
  func partitioned() {
    #expect(verdict(0, 12.1, 12.2, isPartitioned: true).isSound)
    #expect(verdict(0, 15.9, 16, isPartitioned: true).isSound)
    #expect(verdict(0, 16.1, 16.2, isPartitioned: true).tooOld == 1)
  }

  @Test("Older than the bound: too old, though nobody confirmed the later write")
  func tooOld() {
    let verdict = verdict(1, 26.1, 26.2)
    #expect((verdict.stale, verdict.tooOld, verdict.impossible) == (0, 1, 0))
    #expect(verdict.worstStaleness == .milliseconds(5100))
  }

  @Test("Staleness counts from the first commit that the read does not show")
  func staleness() {
    #expect(verdict(1, 23, 23.1).worstStaleness == .seconds(2))
    #expect(verdict(2, 99, 100).worstStaleness == .zero)
    #expect(verdict(0, 22, 22.1).worstStaleness == .seconds(11))
  }

  @Test(
    "Seen before the write began, never written, or gone: impossible",
    arguments: [(1, 9.0, 9.9), (3, 50.0, 51.0), (Sighting.absent, 50.0, 51.0)])
  func impossible(_ version: Int, _ began: Double, _ ended: Double) {
    let verdict = verdict(version, began, ended)
    #expect((verdict.stale, verdict.tooOld, verdict.impossible) == (0, 0, 1))
  }

  @Test("A version that nobody committed cannot have been seen; if it was confirmed, it is lost")
  func uncommitted() {
    var (history, commits) = history()
    let version = history.beginWrite(of: title, at: at(30))
    let read = ReadRecord(
      began: at(40), ended: at(41), sightings: [Sighting(object: title, version: version)], origin: "")
    #expect(Judge(history, commits: commits, bound: .seconds(5)).verdict(on: [read]).impossible == 1)
    #expect(Judge(history, commits: commits, bound: .seconds(5)).lostWrites.isEmpty)
    history.confirmWrite(of: title, version, at: at(32))
    #expect(Judge(history, commits: commits, bound: .seconds(5)).lostWrites.count == 1)
    commits[title]?.append(commit(version, 31))
    #expect(Judge(history, commits: commits, bound: .seconds(5)).lostWrites.isEmpty)
  }

  @Test("What counts is the order of the commits: a late write of a lower version is the current one")
  func commitOrder() {
    var history = History()
    history.add(title)
    for _ in 1...2 { _ = history.beginWrite(of: title, at: at(10)) }
    history.confirmWrite(of: title, 2, at: at(12))
    history.confirmWrite(of: title, 1, at: at(14))
    let judge = Judge(history, commits: [title: [commit(2, 11), commit(1, 13)]], bound: .seconds(5))
    func verdict(_ version: Int, _ began: Double) -> Verdict {
      judge.verdict(on: [
        ReadRecord(
          began: at(began), ended: at(began), sightings: [Sighting(object: title, version: version)],
          origin: "")
      ])
    }
    #expect(verdict(1, 90).isSound)
    #expect(verdict(2, 13.5).isSound)
    #expect(verdict(2, 14.5).stale == 1)
    // The later of the two is confirmed, and so is what it overtook.
    #expect(verdict(0, 12.5).stale == 1)
  }

  @Test("Of transcripts that were stored together the last stands for all, from the first confirmation on")
  func merged() {
    let transcript = Versioned(conversation: 7, part: .transcript)
    var history = History()
    history.add(transcript)
    for _ in 1...3 { _ = history.beginWrite(of: transcript, at: at(10)) }
    history.confirmWrite(of: transcript, 1, at: at(12))
    let judge = Judge(history, commits: [transcript: [commit(2, 11)]], bound: .seconds(5))
    func verdict(_ version: Int, _ began: Double) -> Verdict {
      let sighting = Sighting(object: transcript, version: version)
      return judge.verdict(on: [
        ReadRecord(began: at(began), ended: at(began), sightings: [sighting], origin: "")
      ])
    }
    #expect(judge.lostWrites.isEmpty)
    #expect(verdict(0, 11.5).isSound)
    #expect(verdict(0, 12.5).stale == 1)
    #expect(verdict(2, 12.5).isSound)
    #expect(verdict(1, 12.5).impossible == 1)
    history.confirmWrite(of: transcript, 3, at: at(20))
    #expect(
      Judge(history, commits: [transcript: [commit(2, 11)]], bound: .seconds(5)).lostWrites.count == 1)
  }

  @Test("Of one that comes and goes, absence and presence are what they can have been at the latest")
  func presence() {
    let presence = Versioned(conversation: 7, part: .presence)
    var history = History()
    history.add(presence)
    // It comes at 11 s, goes at 21 s, comes again at 31 s; that it went was confirmed at 22 s.
    for second in [10, 20, 30] { _ = history.beginWrite(of: presence, at: at(Double(second))) }
    history.confirmWrite(of: presence, 2, at: at(22))
    let commits = [presence: [commit(1, 11), commit(2, 21), commit(3, 31)]]
    let judge = Judge(history, commits: commits, bound: .seconds(5))
    func verdict(_ version: Int, _ began: Double) -> Verdict {
      let sighting = Sighting(object: presence, version: version)
      return judge.verdict(on: [
        ReadRecord(began: at(began), ended: at(began), sightings: [sighting], origin: "")
      ])
    }
    #expect(verdict(Sighting.present, 9).impossible == 1)
    #expect(verdict(Sighting.absent, 9).isSound)
    #expect(verdict(Sighting.absent, 16.5).tooOld == 1)
    #expect(verdict(Sighting.present, 21.5).isSound)
    #expect(verdict(Sighting.present, 22.5).stale == 1)
    #expect(verdict(1, 22.5).stale == 1)
    #expect(verdict(Sighting.absent, 25).isSound)
    #expect(verdict(Sighting.absent, 36.5).tooOld == 1)
    #expect(verdict(Sighting.present, 36.5).isSound)
    #expect(verdict(1, 30.5).stale == 1)
  }

  @Test("Every object of an answer is judged by its own writes")
  func severalObjects() {
    var (history, commits) = history()
    let transcript = Versioned(conversation: 7, part: .transcript)
    history.add(transcript)
    commits[transcript] = []
    let sightings = [Sighting(object: title, version: 0), Sighting(object: transcript, version: 0)]
    let read = ReadRecord(began: at(13), ended: at(14), sightings: sightings, origin: "")
    let verdict = Judge(history, commits: commits, bound: .seconds(5)).verdict(on: [read])
    #expect((verdict.reads, verdict.sightings, verdict.stale) == (1, 2, 1))
  }
}
