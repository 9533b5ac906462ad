extension JSONScanner {
  /// Takes a value of any kind and reads it as a provider's time; nil where it is none.
  mutating func providerTime() throws(JSONError) -> Timestamp? {
    switch try kind() {
    case .string: Timestamp(providerText: try string())
    case .number: Timestamp(providerText: rawText(try skipValue()))
    default: try skippedTime()
    }
  }

  private mutating func skippedTime() throws(JSONError) -> Timestamp? {
    _ = try skipValue()
    return nil
  }
}
