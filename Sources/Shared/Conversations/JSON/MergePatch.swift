/// JSON Merge Patch, RFC 7396: members of the patch replace those of the target, null removes.
package enum MergePatch {
  /// The patched text, in the form `jsonb` takes. Both must be valid JSON; recursion goes as deep as the patch nests.
  package static func apply(_ patch: [UInt8], to target: [UInt8]) throws(JSONError) -> [UInt8] {
    merge(try NormalizedJSON(text: patch).bytes[...], into: try NormalizedJSON(text: target).bytes[...])
  }

  private static func merge(_ patch: ArraySlice<UInt8>, into target: ArraySlice<UInt8>?) -> [UInt8] {
    guard let changes = NormalizedMembers(patch) else { return Array(patch) }
    let current = target.flatMap(NormalizedMembers.init) ?? NormalizedMembers()
    return current.merging(changes) { existing, value in
      value.elementsEqual("null".utf8) ? nil : merge(value, into: existing)[...]
    }.bytes
  }
}
