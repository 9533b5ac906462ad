import Foundation
import TestSupport
import Testing

/// What one case did to the code under test.
enum FuzzOutcome: Sendable, Hashable {
  /// The parser took it; as what, coarsely.
  case accepted(String)
  /// The parser refused it; why, coarsely.
  case refused(String)
  /// A check before the parser turned it away.
  case turnedAway

  /// The same for all numbers that may stand in a reason. A case with a new one is varied further.
  var label: String {
    switch self {
    case .accepted(let what): "accepted: \(what)"
    case .refused(let reason): "refused: \(reason.filter { !$0.isNumber })"
    case .turnedAway: "turned away"
    }
  }
}

/// Code that takes bytes from strangers.
protocol FuzzTarget {
  /// In the report, and in the name of the file that holds the case at work.
  var name: String { get }
  /// Well-formed inputs, and those that once were trouble.
  var seeds: [[UInt8]] { get }
  /// Pieces of the format, to be put in anywhere.
  var dictionary: [String] { get }
  /// Gives the case to the code. Throws ``FuzzFinding`` when a promise is broken; refusals are outcomes.
  mutating func take(_ input: [UInt8], _ random: inout SplitMix64) async throws -> FuzzOutcome
}

/// A promise that a case broke.
struct FuzzFinding: Error, CustomStringConvertible {
  let description: String
}

/// Varies inputs and gives them to a target until enough distinct ones have reached its parser.
///
/// `FUZZ_CASES` sets how many (20,000; `make test-fuzz` takes a million), `FUZZ_SEED` repeats a run.
struct Fuzzer<Target: FuzzTarget> {
  private var target: Target
  private var corpus: FuzzCorpus
  private var random: SplitMix64
  private var tally = FuzzTally()
  private let seed: UInt64
  private let wanted: Int
  private let caseFile: FuzzCaseFile

  init(_ target: Target) throws {
    self.target = target
    seed = FuzzSettings.seed ?? .random(in: 0 ... .max)
    wanted = FuzzSettings.cases
    random = SplitMix64(seed: seed)
    corpus = FuzzCorpus(seeds: target.seeds, dictionary: target.dictionary)
    caseFile = try FuzzCaseFile(name: target.name)
  }

  /// Returns when all is well; a finding is recorded as the test's issue, with the case in hex.
  mutating func run() async throws {
    let watchdog = FuzzWatchdog(name: target.name, seed: seed, caseFile: caseFile.path)
    let errors = UnseenErrors()
    defer {
      errors.end()
      watchdog.stop()
    }
    for input in target.seeds where try await !run(input, watchdog) { return }
    var attempts = 0
    while tally.reached < wanted {
      attempts += 1
      try #require(
        attempts < wanted * 20 + 100_000, "\(target.name): too few distinct cases reach the parser")
      guard try await run(corpus.next(&random), watchdog) else { return }
      if tally.reached == wanted / 4 { tally.settle(corpus) }
    }
    let growth = tally.growth(corpus)
    print(tally.report(name: target.name, seed: seed, growth: growth))
    #expect(growth < FuzzTally.allowedGrowth, "\(target.name): memory grew by \(growth >> 20) MiB")
    caseFile.remove()
  }

  /// False when it broke a promise.
  private mutating func run(_ input: [UInt8], _ watchdog: FuzzWatchdog) async throws -> Bool {
    guard tally.isNew(input) else { return true }
    caseFile.note(input)
    watchdog.beat()
    let start = ContinuousClock.now
    do {
      let outcome = try await target.take(input, &random)
      let isNew = tally.count(outcome, in: ContinuousClock.now - start)
      if isNew || random.number(0...99) == 0 { corpus.keep(input, as: outcome) }
      return true
    } catch {
      let hexadecimal = input.prefix(4096).map { String(format: "%02x", $0) }.joined()
      Issue.record("\(target.name): FUZZ_SEED=\(seed): \(error)\n\(input.count) bytes: \(hexadecimal)")
      return false
    }
  }
}

/// What the environment asks of all fuzz tests.
enum FuzzSettings {
  static let cases = number("FUZZ_CASES").map { Int(clamping: $0) } ?? 20_000
  static let seed = number("FUZZ_SEED")

  private static func number(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }
}
