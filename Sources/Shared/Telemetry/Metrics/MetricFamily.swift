/// A metric with everything it shows, at one moment.
package struct MetricFamily: Sendable, Equatable {
  /// What its numbers mean.
  package enum Kind: String, Sendable { case counter, gauge, histogram }

  package enum Value: Sendable, Equatable {
    case number(Double)
    /// Observations per bucket, not cumulated, the last one those above every bound; and the sum of all.
    case histogram(counts: [Int], sum: Double)
  }

  package let metric: MetricDescription
  package let kind: Kind
  package let series: [LabelText: Value]

  package init(_ metric: MetricDescription, _ kind: Kind, _ series: [LabelText: Value]) {
    self.metric = metric
    self.kind = kind
    self.series = series
  }

  /// One number without labels.
  package init(_ metric: MetricDescription, _ kind: Kind, _ value: some BinaryInteger) {
    self.init(metric, kind, [.none: .number(Double(value))])
  }

  /// One number without labels.
  package init(_ metric: MetricDescription, _ kind: Kind, _ value: Double) {
    self.init(metric, kind, [.none: .number(value)])
  }
}

/// The labels of a series as they are written, `class="23505",role="queue"`: sorted, escaped, each name once.
package struct LabelText: Sendable, Hashable, Comparable {
  package let text: String

  package static let none = LabelText([])

  package init(_ labels: [(String, String)]) {
    var known: Set<String> = []
    text = labels.map { (Self.name($0.0), $0.1) }
      .filter { known.insert($0.0).inserted }
      .sorted { $0.0 < $1.0 }
      .map { "\($0.0)=\"\(Self.escaped($0.1))\"" }
      .joined(separator: ",")
  }

  package static func < (left: LabelText, right: LabelText) -> Bool { left.text < right.text }

  /// `le` is a histogram's own.
  private static func name(_ name: String) -> String {
    let name = metricIdentifier(name, allowsColon: false)
    return name == "le" ? "le_" : name
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}

/// The name with everything replaced that the exposition formats do not allow: other libraries use dots.
func metricIdentifier(_ name: String, allowsColon: Bool) -> String {
  let letters = name.unicodeScalars.map { scalar -> Character in
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_": Character(scalar)
    case ":" where allowsColon: ":"
    default: "_"
    }
  }
  guard let first = letters.first, !first.isNumber else { return "_" + String(letters) }
  return String(letters)
}
