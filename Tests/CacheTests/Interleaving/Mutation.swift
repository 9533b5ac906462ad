import Redis
import Testing

@testable import Cache

/// A way of breaking the protocol on purpose: the tests must notice each of them.
struct Mutation: Sendable, CustomTestStringConvertible {
  var name = "none"
  /// The order of events that shows it, for one that chance shows too seldom.
  var schedule: DirectedSchedule?
  var scripts = CacheScripts.bundled
  /// The reader serves what is stored, whatever its epoch.
  var servesAnyValue = false
  var readsAnyReplica = false
  var waitsForAnyReplica = false
  var joinsByKeyAlone: ModelFlights.Kind?
  var resendsEpoch = false
  var samplesBeforeCommit = false
  var samplesBeforeLease = false
  var samplesAfterRead = false
  var writerMarksEarly = false
  var relayMarksEarly = false
  var relaySamplesEarly = false

  var testDescription: String { name }

  /// The protocol as it is.
  static let none = Mutation()

  /// Those that the seeds of every run notice, and those with a schedule.
  static let all = atRandom + directed

  private static let atRandom: [Mutation] = [
    broken("no epoch check in a hit") { $0.servesAnyValue = true },
    broken("no epoch check in FILL") {
      // The value carries the epoch it was leased under, which alone would keep it from being served.
      $0.scripts.fill = $0.scripts.fill.replacing("if epoch ~= lease_epoch then", by: "if not epoch then")
        .replacing("'SET', KEYS[2], bytes,", by: "'SET', KEYS[2], bytes:sub(1, 8) .. epoch .. bytes:sub(41),")
    },
    broken("counter instead of a random epoch") {
      $0.scripts.acquire = $0.scripts.acquire.replacing(
        "epoch, floor = ARGV[3], '?'", by: "epoch, floor = string.rep('0', 31) .. '1', '?'")
      $0.scripts.invalidate = $0.scripts.invalidate.replacing(
        "KEYS[1], ARGV[1] ..", by: "KEYS[1], string.format('%032x', tonumber(epoch, 16) + 1) ..")
    },
    broken("floor ignored") {
      $0.readsAnyReplica = true
      $0.scripts.fill = $0.scripts.fill.replacing("not from_primary and (", by: "false and (")
    },
    broken("unknown floor accepted") {
      $0.readsAnyReplica = true
      $0.scripts.fill = $0.scripts.fill.replacing("(floor == '?' or ", by: "(")
    },
    broken("lost record counts as floor zero") {
      $0.scripts.acquire = $0.scripts.acquire.replacing(
        "epoch, floor = ARGV[3], '?'", by: "epoch, floor = ARGV[3], string.rep('0', 16)"
      ).replacing("epoch .. '|?'", by: "epoch .. '|' .. floor")
    },
    broken("writer marks before it invalidates") { $0.writerMarksEarly = true },
    broken("relay marks before it invalidates") { $0.relayMarksEarly = true },
  ]

  private static let directed: [Mutation] = [
    broken("WAIT reads an unchecked replica", .impatientWait) { $0.waitsForAnyReplica = true },
    broken("same epoch sent again", .lostReply) { $0.resendsEpoch = true },
    broken("flights joined by key alone", .slowLoad) { $0.joinsByKeyAlone = .load },
    broken("waits joined by key alone", .slowWait) { $0.joinsByKeyAlone = .wait },
    broken("known floor and ? keep the floor", .unknownAfterKnown) {
      $0.scripts.invalidate = $0.scripts.invalidate.replacing(
        "if lsn == '?' or other == '?' then return '?' end",
        by: "if other == '?' then return lsn elseif lsn == '?' then return '?' end")
    },
    broken("? and an LSN make the LSN", .knownAfterUnknown) {
      $0.scripts.invalidate = $0.scripts.invalidate.replacing(
        "if lsn == '?' or other == '?' then return '?' end",
        by: "if other == '?' then return '?' elseif lsn == '?' then return other end")
    },
    broken("floor is the LSN, not the highest", .lateInvalidation) {
      $0.scripts.invalidate = $0.scripts.invalidate.replacing(
        "return lsn < other and other or lsn", by: "return other")
    },
    broken("LSN of a write sampled before COMMIT", .simpleWrite) { $0.samplesBeforeCommit = true },
    broken("LSN of a primary's read sampled before the lease", .earlySample) { $0.samplesBeforeLease = true },
    broken("LSN of a replica's read sampled after it", .lateSample) { $0.samplesAfterRead = true },
    broken("relay samples the LSN before its snapshot", .earlyRelay) { $0.relaySamplesEarly = true },
  ]

  private static func broken(
    _ name: String, _ schedule: DirectedSchedule? = nil, _ change: (inout Mutation) -> Void
  ) -> Mutation {
    var mutation = Mutation(name: name, schedule: schedule)
    change(&mutation)
    return mutation
  }
}

extension RedisScript {
  /// For a fault: the text must be there.
  func replacing(_ text: String, by other: String) -> RedisScript {
    precondition(source.contains(text), "\(name) does not contain \(text)")
    return RedisScript(name: name, source: source.replacing(text, with: other))
  }
}
