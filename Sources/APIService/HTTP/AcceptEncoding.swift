import Cache

/// Which forms an `Accept-Encoding` allows (RFC 9110, 12.5.3): gzip and plain are all we have.
enum AcceptEncoding {
  /// - Parameter fields: the values of all fields of that name; none asks for plain, as every old client does.
  /// - Returns: nil when neither is acceptable.
  static func forms(_ fields: [String]) -> AcceptedForms? {
    guard !fields.isEmpty else { return .plain }
    let weights = Preferences.weights(fields)
    let any = weights["*"]
    let gzip = weights["gzip"] ?? weights["x-gzip"] ?? any ?? 0
    // Unless it is named, plain is acceptable, but nobody's choice.
    let plain = weights["identity"] ?? (any == 0 ? 0 : nil)
    if gzip > 0 { return plain == 0 ? .gzip : gzip >= plain ?? 0 ? .either : .plain }
    return plain == 0 ? nil : .plain
  }
}

/// Whether an `Accept` allows what there is (RFC 9110, 12.5.1).
enum AcceptedTypes {
  /// - Parameters:
  ///   - fields: the values of all fields of that name; none takes everything.
  ///   - type: such as `application/json`.
  static func include(_ type: String, _ fields: [String]) -> Bool {
    if fields.isEmpty || fields == ["*/*"] || fields == [type] { return true }
    let weights = Preferences.weights(fields)
    if weights.isEmpty { return true }
    let range = type.prefix { $0 != "/" } + "/*"
    return weights[type] ?? weights[String(range)] ?? weights["*/*"] ?? 0 > 0
  }
}

/// What clients would rather have (RFC 9110, 12.4.2).
private enum Preferences {
  /// Each member's weight; parameters besides do not count.
  static func weights(_ fields: [String]) -> [String: Double] {
    var weights: [String: Double] = [:]
    for member in fields.flatMap({ $0.split(separator: ",") }) {
      let parts = member.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
      guard let coding = parts.first, !coding.isEmpty else { continue }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { self.weight($0.dropFirst(2)) } ?? 1
      weights[coding] = max(weights[coding] ?? 0, weight)
    }
    return weights
  }

  /// One digit and up to three behind the point; anything else is no wish.
  private static func weight(_ text: Substring) -> Double {
    guard text.utf8.count <= 5, text.utf8.allSatisfy({ $0 == UInt8(ascii: ".") || (48...57).contains($0) }),
      let weight = Double(text), weight <= 1
    else { return 0 }
    return weight
  }
}
