#if DEBUG
  internal import Foundation
  internal import Postgres

  /// Faults that the fault suite builds in on purpose, to show that it would notice them. Named by `FRESHET_BREAK`;
  /// none of this is in a release build.
  package enum DeliberateBreak: String, Sendable {
    /// Events leave the queue before their transaction commits.
    case settleBeforeCommit = "settle-before-commit"
    /// A worker that wakes up late commits over its successor.
    case noFence = "no-fence"
    /// Every transaction takes its locks in an order of its own.
    case unsortedLocks = "unsorted-locks"
    /// No break of a promise, but a bug that comes with the data: the process dies of one event.
    case dieOnMarkedPayload = "die-on-marked-payload"

    /// Two more such: the consume loop, or each batch, comes to nothing and ignores its cancellation.
    case hungLoop = "hung-loop"
    case hungBatch = "hung-batch"

    /// What a payload of which the process dies contains.
    package static let mark = "deadly-payload"

    /// The one that this process was started with.
    package static let active: DeliberateBreak? = {
      guard let name = ProcessInfo.processInfo.environment["FRESHET_BREAK"] else { return nil }
      guard let known = DeliberateBreak(rawValue: name) else {
        preconditionFailure("FRESHET_BREAK names no break: \(name)")
      }
      return known
    }()

    /// Never returns, cancelled or not.
    package static func hang() async {
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
  }

  extension PostgresStatement {
    /// The statement without what the active break takes from it.
    var broken: PostgresStatement {
      switch DeliberateBreak.active {
      case .noFence: PostgresStatement(name, sql.replacing(" WHERE q.fence <= EXCLUDED.fence", with: ""))
      case .unsortedLocks:
        PostgresStatement(
          name,
          sql.replacing(#" ORDER BY n.conversation COLLATE "C""#, with: "")
            .replacing(" ORDER BY external_id FOR UPDATE", with: " FOR UPDATE"))
      case .settleBeforeCommit, .dieOnMarkedPayload, .hungLoop, .hungBatch, nil: self
      }
    }
  }
#endif
