import Foundation

/// What the cases of one run came to.
struct FuzzTally {
  /// Resident bytes that a run may add once its caches are full: more is a leak.
  static let allowedGrowth = 32 << 20

  /// Distinct cases that the parser saw.
  private(set) var reached = 0
  private var accepted = 0
  private var labels: [String: Int] = [:]
  /// A bit for each hash there may be: its size never changes, however many cases are turned away.
  private var known = [UInt64](repeating: 0, count: 1 << 21)
  private var longest = Duration.zero
  private var settledMemory: Int?
  private let start = ContinuousClock.now

  /// FNV-1a: what looks like a repeat is left out, now and then wrongly.
  mutating func isNew(_ input: [UInt8]) -> Bool {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in input { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    let bit = (hash ^ (hash >> 32)) % UInt64(known.count * 64)
    let (word, mask) = (Int(bit / 64), UInt64(1) << (bit % 64))
    defer { known[word] |= mask }
    return known[word] & mask == 0
  }

  /// - Returns: whether no case before had this outcome.
  mutating func count(_ outcome: FuzzOutcome, in duration: Duration) -> Bool {
    if outcome != .turnedAway { reached += 1 }
    if case .accepted = outcome { accepted += 1 }
    longest = max(longest, duration)
    let label = outcome.label
    labels[label, default: 0] += 1
    return labels[label] == 1
  }

  /// From here on memory is not to grow, but for the corpus.
  mutating func settle(_ corpus: FuzzCorpus) {
    settledMemory = Self.residentBytes().map { $0 - corpus.bytes }
  }

  /// Bytes since ``settle(_:)``, without those of the corpus.
  func growth(_ corpus: FuzzCorpus) -> Int {
    guard let settledMemory, let now = Self.residentBytes() else { return 0 }
    return now - corpus.bytes - settledMemory
  }

  func report(name: String, seed: UInt64, growth: Int) -> String {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let outcomes = labels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let shown = outcomes.prefix(8).map { "\n  \($0.value) \($0.key.prefix(90))" }.joined()
    let rest = outcomes.count > 8 ? "\n  and \(outcomes.count - 8) more outcomes" : ""
    return """
      \(name): \(reached) distinct cases reached the parser, which took \(accepted); FUZZ_SEED=\(seed), \(Int(seconds)) s, \
      longest \(longest), growth \(growth >> 10) KiB\(shown)\(rest)
      """
  }

  private static func residentBytes() -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
    return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4096 }
  }
}
