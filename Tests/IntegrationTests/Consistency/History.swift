/// Something whose writes are numbered: every write of it carries a version that no other write of it has.
struct Versioned: Hashable, Sendable, CustomStringConvertible {
  enum Part: String, Sendable {
    case title, transcript
    /// Whether the conversation is there: with odd versions it comes, with even ones it goes.
    case presence
  }

  let conversation: Int
  let part: Part

  var description: String { "\(part) of \(conversation)" }
}

/// One version that an answer showed.
struct Sighting: Sendable, Equatable {
  /// What is seen of a conversation that is not there.
  static let absent = -1
  /// What is seen of one that is there, when the answer does not tell since when.
  static let present = -2

  let object: Versioned
  let version: Int
}

/// An answer with everything it showed.
struct ReadRecord: Sendable {
  /// Before the request was sent.
  let began: Moment
  /// After the whole answer was there.
  let ended: Moment
  let sightings: [Sighting]
  /// The instance, the target, and what the answer says of the cache; to understand a complaint by.
  let origin: String
}

/// A write as those saw it who made it.
struct WriteRecord: Sendable {
  /// Before anybody else can have known its version.
  let began: Moment
  /// When it was acknowledged with nothing left open, if ever; at that moment or later.
  var confirmed: Moment?
}

/// A write as Postgres tells it.
struct CommitRecord: Sendable {
  let version: Int
  /// Just before it became visible.
  let committed: Moment
}

/// Everything that happened in a run, in the words of those who took part.
struct History: Sendable {
  /// By object and version. Version 0 is what was there before the run.
  private(set) var writes: [Versioned: [WriteRecord]] = [:]
  private(set) var reads: [ReadRecord] = []

  /// An object is there in version 0.
  mutating func add(_ object: Versioned) {
    writes[object] = [WriteRecord(began: .distantPast, confirmed: .distantPast)]
  }

  /// A write is about to be made.
  ///
  /// - Returns: its version.
  mutating func beginWrite(of object: Versioned, at moment: Moment) -> Int {
    guard let version = writes[object]?.count else { preconditionFailure("nobody added the \(object)") }
    writes[object]?.append(WriteRecord(began: moment))
    return version
  }

  /// A write is acknowledged, and every read that begins from now on must show it or a later one.
  mutating func confirmWrite(of object: Versioned, _ version: Int, at moment: Moment) {
    guard writes[object]?.indices.contains(version) == true else {
      preconditionFailure("\(object): version \(version) was never begun")
    }
    writes[object]?[version].confirmed = moment
  }

  mutating func append(_ read: ReadRecord) { reads.append(read) }
}
