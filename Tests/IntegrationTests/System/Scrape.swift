/// What a program's `/metrics` said: values by series, `name{label="value"}`.
struct Scrape: Sendable {
  let answer: Answer
  private let values: [String: Double]

  static func of(_ program: RunningProgram, _ headers: [String: String] = [:]) async throws -> Scrape {
    Scrape(try await Client(base: program.base).get("/metrics", headers))
  }

  private init(_ answer: Answer) {
    self.answer = answer
    let samples = answer.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    values = Dictionary(
      samples.compactMap { line in
        guard let blank = line.lastIndex(of: " "), let value = Double(line[line.index(after: blank)...])
        else {
          return nil
        }
        return (String(line[..<blank]), value)
      }, uniquingKeysWith: { first, _ in first })
  }

  subscript(series: String) -> Double? { values[series] }

  /// All series of a metric.
  func family(_ name: String) -> [String: Double] { values.filter { $0.key.hasPrefix("\(name){") } }
}
