/// What may stand in a conversation's metadata: the client's part and the provider's `perceptionAnalysis`.
enum MetadataRules {
  static let maximumBytes = 65_536
  static let maximumDepth = 32
  private static let providerKey = Array(#""perceptionAnalysis""#.utf8)[...]

  /// What is wrong with an object a client sent.
  static func faults(inClient metadata: NormalizedJSON) -> [FieldError] {
    var errors = limitFaults(metadata)
    if metadata.hasUnstorableNumber {
      let detail = "Numbers must be within ±1e308, or be strings."
      errors.append(FieldError(.pointer("/metadata"), code: "number_out_of_range", detail: detail))
    }
    if NormalizedMembers(metadata.bytes[...])?[providerKey] != nil {
      let pointer = FieldError.Location.pointer("/metadata/perceptionAnalysis")
      errors.append(FieldError(pointer, code: "reserved_member", detail: "This member is the provider's."))
    }
    return errors
  }

  /// The stored object after a client's change; the very same bytes when nothing changes. The provider's member stays.
  static func merge(
    _ change: ConversationPatch.Change<[UInt8]>, into stored: [UInt8]
  ) throws(JSONError) -> Result<[UInt8], RequestRejection> {
    let merged: [UInt8]
    switch change {
    case .unchanged: return .success(stored)
    case .cleared: merged = try providersPart(of: stored)
    case .set(let patch): merged = try MergePatch.apply(patch, to: stored)
    }
    if try NormalizedJSON.areEqual(merged, stored) { return .success(stored) }
    var clientsPart = try members(of: merged)
    clientsPart[providerKey] = nil
    let errors = limitFaults(try NormalizedJSON(text: clientsPart.bytes))
    return errors.isEmpty ? .success(merged) : .failure(.invalid(errors))
  }

  /// The stored object with the provider's member replaced; the very same bytes when nothing changes.
  static func setPerceptionAnalysis(_ analysis: [UInt8], in stored: [UInt8]) throws(JSONError) -> [UInt8] {
    var members = try members(of: stored)
    if let current = members[providerKey], try NormalizedJSON.areEqual(Array(current), analysis) {
      return stored
    }
    members[providerKey] = analysis[...]
    return members.bytes
  }

  private static func limitFaults(_ metadata: NormalizedJSON) -> [FieldError] {
    var errors: [FieldError] = []
    if metadata.bytes.count > maximumBytes {
      errors.append(
        FieldError(.pointer("/metadata"), code: "too_large", detail: "Must have at most 65,536 bytes."))
    }
    if metadata.depth > maximumDepth {
      errors.append(
        FieldError(.pointer("/metadata"), code: "too_deep", detail: "Must nest at most 32 levels."))
    }
    return errors
  }

  private static func providersPart(of stored: [UInt8]) throws(JSONError) -> [UInt8] {
    var part = NormalizedMembers()
    part[providerKey] = try members(of: stored)[providerKey]
    return part.bytes
  }

  private static func members(of text: [UInt8]) throws(JSONError) -> NormalizedMembers {
    NormalizedMembers(try NormalizedJSON(text: text).bytes[...]) ?? NormalizedMembers()
  }
}
