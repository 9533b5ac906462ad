/// Reads a query string strictly: a parameter nobody asked for, one given twice and one that does not parse are all
/// errors, reported together by `finish`.
package struct QueryParameters {
  /// What was given, decoded, in its order.
  private(set) var values: [(name: String, value: String)] = []
  private var known: Set<String> = []
  private var errors: [FieldError] = []

  /// `query` is what follows the question mark, in the form browsers send (`+` is a space).
  package init(_ query: String?) {
    for pair in (query ?? "").utf8.split(separator: UInt8(ascii: "&")) {
      let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let name = PercentDecoder.decode(parts[0])
      let value = parts.count > 1 ? PercentDecoder.decode(parts[1]) : ""
      if let name, let value {
        values.append((name, value))
      } else {
        let shown = name ?? String(decoding: parts[0], as: UTF8.self)
        refuse(shown, "bad_encoding", "Must be percent-encoded UTF-8.")
        known.insert(shown)
      }
    }
  }

  /// The value of a parameter, nil when it was not given. What is not asked for counts as unknown.
  package mutating func string(_ name: String) -> String? {
    known.insert(name)
    let given = values.filter { $0.name == name }
    if given.count > 1 { refuse(name, "repeated_parameter", "Must be given only once.") }
    return given.first?.value
  }

  /// `true` or `false`.
  package mutating func boolean(_ name: String) -> Bool? {
    parse(name, rule: "true or false") { $0 == "true" ? true : $0 == "false" ? false : nil }
  }

  /// An integer within the range: ASCII digits only, and no leading zeros, so that a value has one spelling.
  package mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
    let rule =
      range.upperBound == .max
      ? "an integer ≥ \(range.lowerBound)"
      : "an integer from \(range.lowerBound) to \(range.upperBound)"
    return parse(name, rule: rule) { text in
      guard let value = Int(text), String(value) == text, range.contains(value) else { return nil }
      return value
    }
  }

  /// Any value that can be told from its text; `rule` completes "Must be …".
  package mutating func parse<Value>(_ name: String, rule: String, _ parse: (String) -> Value?) -> Value? {
    guard let text = string(name) else { return nil }
    let value = parse(text)
    if value == nil { refuse(name, "invalid", "Must be \(rule).") }
    return value
  }

  /// Notes an error that concerns a parameter together with others.
  package mutating func refuse(_ name: String, _ code: String, _ detail: String) {
    errors.append(FieldError(.parameter(name), code: code, detail: detail))
  }

  /// Throws `invalidParameters` with all that was wrong, once every known parameter has been asked for.
  package func finish() throws(RequestRejection) {
    var unknown: Set<String> = []
    let strangers = values.filter { !known.contains($0.name) && unknown.insert($0.name).inserted }
    let errors =
      errors
      + strangers.map {
        FieldError(.parameter($0.name), code: "unknown_parameter", detail: "There is no such parameter.")
      }
    guard !errors.isEmpty else { return }
    throw RequestRejection(
      .invalidParameters, detail: "The query has invalid parameters: see errors.", errors: errors)
  }
}
