/// A JSON value in a form that `jsonb` takes: compact, keys sorted, of repeated keys the last, U+0000 and lone surrogates
/// replaced by U+FFFD, and a number that `numeric` cannot hold as a string of its digits.
struct NormalizedJSON: Equatable {
  let bytes: [UInt8]
  /// Nested containers; 0 for a scalar.
  let depth: Int
  let hasUnstorableNumber: Bool

  /// How numbers are spelt.
  enum Numbers {
    /// `1.50` stays `1.50`; `1.5e2` becomes `150`, as `jsonb` would make it.
    case asWritten
    /// Equal values get one spelling: for comparing.
    case reduced
  }

  /// Takes the scanner's next value.
  init(_ scanner: inout JSONScanner, numbers: Numbers = .asWritten) throws(JSONError) {
    var normalizer = JSONNormalizer(numbers: numbers)
    try normalizer.run(&scanner)
    bytes = normalizer.output
    depth = normalizer.depth
    hasUnstorableNumber = normalizer.hasUnstorableNumber
  }

  /// Takes a whole text.
  init(text: [UInt8], numbers: Numbers = .asWritten) throws(JSONError) {
    self = try text.withUnsafeBufferPointer { (bytes) throws(JSONError) in
      var scanner = JSONScanner(bytes)
      let value = try NormalizedJSON(&scanner, numbers: numbers)
      try scanner.finish()
      return value
    }
  }

  /// Whether two texts are the same value to `jsonb`.
  static func areEqual(_ left: [UInt8], _ right: [UInt8]) throws(JSONError) -> Bool {
    if left == right { return true }
    return try NormalizedJSON(text: left, numbers: .reduced).bytes
      == NormalizedJSON(text: right, numbers: .reduced).bytes
  }
}
