import NIOConcurrencyHelpers

/// Takes down what readers and writers see, and how often they are turned away.
final class Recorder: Sendable {
  /// An answer that is no answer.
  struct Failure: Sendable {
    let moment: Moment
    /// 5xx, or 0 when nobody answered.
    let status: Int
    let origin: String
  }

  /// The share of Redis in an answer.
  struct Outcome: Sendable {
    let moment: Moment
    let isHit: Bool
    /// A starved program gave Redis up after its 50 ms.
    var isLate = false
    let isWrite: Bool
    /// Who answered.
    var api = ""
  }

  private struct Books {
    var history = History()
    var failures: [Failure] = []
    var outcomes: [Outcome] = []
    var unsettled: [String: (object: Versioned, version: Int)] = [:]
    var complaints: [String] = []
    var reads = 0
  }

  private let books = NIOLockedValueBox(Books())

  var history: History { books.withLockedValue { $0.history } }
  var failures: [Failure] { books.withLockedValue { $0.failures } }
  var outcomes: [Outcome] { books.withLockedValue { $0.outcomes } }
  var complaints: [String] { books.withLockedValue { $0.complaints } }
  var readCount: Int { books.withLockedValue { $0.reads } }

  /// Events that were accepted and have not been seen settled.
  var unsettledCount: Int { books.withLockedValue { $0.unsettled.count } }

  func add(_ object: Versioned) { books.withLockedValue { $0.history.add(object) } }

  func append(_ read: ReadRecord, _ answer: Answer, from api: String) {
    books.withLockedValue { books in
      books.reads += 1
      books.history.append(read)
      books.outcomes.append(
        Outcome(
          moment: read.began, isHit: answer.isHit, isLate: answer.isLate, isWrite: false, api: api))
    }
  }

  func beginWrite(of object: Versioned, at moment: Moment) -> Int {
    books.withLockedValue { books in
      books.outcomes.append(Outcome(moment: moment, isHit: false, isWrite: true))
      return books.history.beginWrite(of: object, at: moment)
    }
  }

  func confirm(_ object: Versioned, _ version: Int, at moment: Moment) {
    books.withLockedValue { $0.history.confirmWrite(of: object, version, at: moment) }
  }

  /// An event is on its way; ``settled(_:at:)`` confirms it.
  func expectSettlement(of event: String, _ object: Versioned, _ version: Int) {
    books.withLockedValue { $0.unsettled[event] = (object, version) }
  }

  func settled(_ event: String, at moment: Moment) {
    books.withLockedValue { books in
      guard let write = books.unsettled.removeValue(forKey: event) else { return }
      books.history.confirmWrite(of: write.object, write.version, at: moment)
    }
  }

  func fail(_ status: Int, _ origin: String, at moment: Moment) {
    books.withLockedValue {
      $0.failures.append(Failure(moment: moment, status: status, origin: origin))
    }
  }

  func complain(_ complaint: String) {
    books.withLockedValue { if $0.complaints.count < 20 { $0.complaints.append(complaint) } }
  }
}
