/// How metrics are written for a scraper.
package enum ExpositionFormat: Sendable, Equatable {
  /// Prometheus text format 0.0.4.
  case text
  /// OpenMetrics 1.0.0.
  case openMetrics

  /// What an `Accept` field asks for: OpenMetrics when it is named and preferred at least as much as plain text.
  package init(accept: String) {
    var quality: [Substring: Double] = [:]
    for range in accept.split(separator: ",") {
      let parts = range.split(separator: ";").map { $0.trimmingSpaces }
      guard let type = parts.first else { continue }
      let asked = parts.dropFirst().first { $0.lowercased().hasPrefix("q=") }?.dropFirst(2)
      let name = Substring(type.lowercased())
      quality[name] = max(quality[name] ?? 0, asked.map { Double($0) ?? 0 } ?? 1)
    }
    let openMetrics = quality["application/openmetrics-text"] ?? 0
    self = openMetrics > 0 && openMetrics >= quality["text/plain"] ?? 0 ? .openMetrics : .text
  }

  package var contentType: String {
    switch self {
    case .text: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  /// The families, sorted by name.
  package func render(_ families: [MetricFamily]) -> String {
    var text = ""
    for family in families.sorted(by: { $0.metric.name < $1.metric.name }) where !family.series.isEmpty {
      write(family, to: &text)
    }
    if self == .openMetrics { text += "# EOF\n" }
    return text
  }

  private func write(_ family: MetricFamily, to text: inout String) {
    let name = family.metric.name
    let title = self == .openMetrics && family.kind == .counter ? name.dropping("_total") : name
    if !family.metric.help.isEmpty { text += "# HELP \(title) \(escaped(family.metric.help))\n" }
    text += "# TYPE \(title) \(family.kind.rawValue)\n"
    for (labels, value) in family.series.sorted(by: { $0.key < $1.key }) {
      switch value {
      case .number(let number): text += line(name, labels.text, number)
      case .histogram(let counts, let sum):
        var below = 0
        for (index, count) in counts.enumerated() {
          below += count
          let bound = index < family.metric.buckets.count ? "\(family.metric.buckets[index])" : "+Inf"
          let separator = labels.text.isEmpty ? "" : ","
          text += line("\(name)_bucket", "\(labels.text)\(separator)le=\"\(bound)\"", Double(below))
        }
        text += line("\(name)_sum", labels.text, sum)
        text += line("\(name)_count", labels.text, Double(below))
      }
    }
  }

  private func line(_ name: String, _ labels: String, _ value: Double) -> String {
    labels.isEmpty ? "\(name) \(Self.number(value))\n" : "\(name){\(labels)} \(Self.number(value))\n"
  }

  private static func number(_ value: Double) -> String {
    if let whole = Int64(exactly: value) { return "\(whole)" }
    if value.isNaN { return "NaN" }
    return value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : "\(value)"
  }

  private func escaped(_ help: String) -> String {
    let help = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    return self == .openMetrics ? help.replacing("\"", with: "\\\"") : help
  }
}

extension String {
  fileprivate func dropping(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}

extension Substring {
  fileprivate var trimmingSpaces: Substring {
    let start = drop { $0 == " " || $0 == "\t" }
    guard let end = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
    return start[...end]
  }
}
