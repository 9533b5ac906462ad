extension ProviderEvent.Content {
  /// Reads what the kind of event needs of the properties the scan has found.
  init(_ type: EventType, _ scan: EnvelopeScan, _ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) {
    self = .other
    switch type {
    case .replicaJoined, .palJoined: self = .joined
    case .shutdown: self = .shutdown(reason: try scan.shutdownReason(bytes))
    case .transcriptionReady:
      guard case .valid(let range) = scan.transcript else { return }
      var scanner = JSONScanner(UnsafeBufferPointer(rebasing: bytes[range]))
      self = .transcript(try Transcript(&scanner))
    case .recordingReady:
      if let url = try scan.recordingURL(bytes) { self = .recording(url: url) }
    case .perceptionAnalysis:
      guard case .valid(let range) = scan.properties else { return }
      var scanner = JSONScanner(UnsafeBufferPointer(rebasing: bytes[range]))
      if let analysis = try PerceptionAnalysis.read(&scanner) { self = .perceptionAnalysis(analysis) }
    default: break
    }
  }
}

extension EnvelopeScan {
  fileprivate func shutdownReason(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) -> String? {
    let texts = try propertyTexts(bytes)
    return texts["shutdown_reason"] ?? texts["reason"]
  }

  fileprivate func recordingURL(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) -> String? {
    let texts = try propertyTexts(bytes)
    if let url = texts["storage_uri"] { return url }
    guard let bucket = texts["bucket_name"], let key = texts["s3_key"] else { return nil }
    return "s3://\(bucket)/\(key)"
  }

  /// The properties that are strings and not empty. Of a repeated key the last counts.
  private func propertyTexts(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) -> [String: String] {
    guard case .valid(let range) = properties else { return [:] }
    var scanner = JSONScanner(UnsafeBufferPointer(rebasing: bytes[range]))
    var texts: [String: String] = [:]
    try scanner.enter()
    while let key = try scanner.nextMember() {
      let name = scanner.decode(key).string
      if try scanner.kind() == .string {
        let text = try scanner.string()
        texts[name] = text.isEmpty ? nil : text
      } else {
        _ = try scanner.skipValue()
      }
    }
    return texts
  }
}
