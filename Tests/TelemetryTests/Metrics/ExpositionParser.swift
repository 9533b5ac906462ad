import Foundation

/// Reads the exposition formats by their grammar, so that no code of the product vouches for itself. Throws at
/// whatever a strict reader would refuse.
struct ExpositionParser {
  struct Sample: Equatable {
    let name: String
    let labels: [String: String]
    let value: Double
  }

  struct Family: Equatable {
    var type = ""
    var help: String?
    var samples: [Sample] = []
  }

  struct Refusal: Error, CustomStringConvertible {
    let description: String
  }

  private(set) var families: [String: Family] = [:]
  private let isOpenMetrics: Bool
  private var current = ""
  private var seen: Set<String> = []

  init(_ text: String, isOpenMetrics: Bool) throws {
    self.isOpenMetrics = isOpenMetrics
    guard text.hasSuffix("\n") else { throw Refusal(description: "the last line does not end") }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    if isOpenMetrics, lines.popLast() != "# EOF" { throw Refusal(description: "no # EOF") }
    for line in lines { try read(String(line)) }
    for (name, family) in families { try check(name, family) }
  }

  private mutating func read(_ line: String) throws {
    if let match = line.wholeMatch(of: /# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)/) {
      try begin(String(match.1))
      families[current]?.help = try Self.unescape(String(match.2), quotes: isOpenMetrics)
    } else if let match = line.wholeMatch(
      of: /# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)/)
    {
      if current != match.1 { try begin(String(match.1)) }
      guard families[current]?.type == "", families[current]?.samples.isEmpty == true else {
        throw Refusal(description: "a second or late TYPE: \(line)")
      }
      families[current]?.type = String(match.2)
    } else {
      try readSample(line)
    }
  }

  private mutating func begin(_ name: String) throws {
    guard families[name] == nil else { throw Refusal(description: "\(name) comes twice") }
    current = name
    families[name] = Family()
  }

  private mutating func readSample(_ line: String) throws {
    let pattern =
      /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\.)*",?)*)\})? (\S+)/
    guard let match = line.wholeMatch(of: pattern) else { throw Refusal(description: "no sample: \(line)") }
    var labels: [String: String] = [:]
    for label in (match.2 ?? "").matches(of: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/) {
      let value = try Self.unescape(String(label.2), quotes: true)
      guard labels.updateValue(value, forKey: String(label.1)) == nil else {
        throw Refusal(description: "a label twice: \(line)")
      }
    }
    let sample = Sample(
      name: String(match.1), labels: labels, value: try Self.number(String(match.3)))
    guard Self.names(of: current, families[current]?.type ?? "", isOpenMetrics).contains(sample.name) else {
      throw Refusal(description: "not of \(current): \(line)")
    }
    let identity = "\(sample.name) \(labels.sorted { $0.key < $1.key })"
    guard seen.insert(identity).inserted else { throw Refusal(description: "twice: \(line)") }
    families[current]?.samples.append(sample)
  }

  private static func names(of family: String, _ type: String, _ isOpenMetrics: Bool) -> [String] {
    switch type {
    case "histogram": ["\(family)_bucket", "\(family)_sum", "\(family)_count"]
    case "counter": isOpenMetrics ? ["\(family)_total"] : [family]
    default: [family]
    }
  }

  private static func number(_ text: String) throws -> Double {
    switch text {
    case "+Inf": return .infinity
    case "-Inf": return -.infinity
    case "NaN": return .nan
    default:
      guard text.wholeMatch(of: /[-+]?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?/) != nil, let number = Double(text)
      else { throw Refusal(description: "no number: \(text)") }
      return number
    }
  }

  private static func unescape(_ text: String, quotes: Bool) throws -> String {
    var result = ""
    var rest = text[...]
    while let letter = rest.popFirst() {
      guard letter == "\\" else {
        result.append(letter)
        continue
      }
      switch rest.popFirst() {
      case "\\": result.append("\\")
      case "n": result.append("\n")
      case "\"" where quotes: result.append("\"")
      case let other: throw Refusal(description: "a bad escape \(other.map(String.init) ?? "")")
      }
    }
    return result
  }

  /// Buckets grow, with their bounds, up to infinity, which holds as many as the count says.
  private func check(_ name: String, _ family: Family) throws {
    guard family.type == "histogram" else { return }
    func others(_ sample: Sample) -> [String: String] { sample.labels.filter { $0.key != "le" } }
    for (labels, samples) in Dictionary(grouping: family.samples, by: others) {
      let buckets = samples.filter { $0.name == "\(name)_bucket" }
      let bounds = try buckets.map { try Self.number($0.labels["le"] ?? "") }
      guard bounds == bounds.sorted(), bounds.last == .infinity,
        buckets.map(\.value) == buckets.map(\.value).sorted(),
        samples.filter({ $0.name == "\(name)_count" }).map(\.value) == [buckets.last?.value],
        samples.filter({ $0.name == "\(name)_sum" }).count == 1
      else { throw Refusal(description: "a bad histogram: \(name) \(labels)") }
    }
  }
}
