/// The members of an object in normal form, in key order. Keys are the quoted bytes, so that they compare bytewise.
struct NormalizedMembers {
  private(set) var members: [(key: ArraySlice<UInt8>, value: ArraySlice<UInt8>)] = []

  init() {}

  /// Nil for what is no object. Text that is not in normal form is a mistake of the caller.
  init?(_ normalized: ArraySlice<UInt8>) {
    guard normalized.first == UInt8(ascii: "{") else { return nil }
    let offset = normalized.startIndex
    normalized.withUnsafeBufferPointer { bytes in
      var scanner = JSONScanner(bytes)
      do throws(JSONError) {
        try scanner.enter()
        while let key = try scanner.nextMember() {
          let value = try scanner.skipValue()
          members.append(
            (
              normalized[(offset + key.range.lowerBound - 1)..<(offset + key.range.upperBound + 1)],
              normalized[(offset + value.lowerBound)..<(offset + value.upperBound)]
            ))
        }
      } catch {
        preconditionFailure("normal form that is not JSON: \(error)")
      }
    }
  }

  /// The value of a quoted key; nil removes.
  subscript(key: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    get {
      let index = index(of: key)
      return index < members.count && members[index].key == key ? members[index].value : nil
    }
    set {
      let index = index(of: key)
      if index < members.count, members[index].key == key { members.remove(at: index) }
      if let newValue { members.insert((key, newValue), at: index) }
    }
  }

  /// Both objects' members in one walk; of a key in `changes`, what `combine` makes of its two values, or nothing.
  func merging(
    _ changes: NormalizedMembers, _ combine: (ArraySlice<UInt8>?, ArraySlice<UInt8>) -> ArraySlice<UInt8>?
  ) -> NormalizedMembers {
    var result = NormalizedMembers()
    var rest = members[...]
    for (key, value) in changes.members {
      while let next = rest.first, next.key.lexicographicallyPrecedes(key) {
        result.members.append(next)
        rest.removeFirst()
      }
      let existing = rest.first.flatMap { $0.key == key ? $0.value : nil }
      if existing != nil { rest.removeFirst() }
      if let combined = combine(existing, value) { result.members.append((key, combined)) }
    }
    result.members += rest
    return result
  }

  /// The object's text.
  var bytes: [UInt8] {
    var bytes = [UInt8(ascii: "{")]
    for member in members {
      if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
      bytes.append(contentsOf: member.key)
      bytes.append(UInt8(ascii: ":"))
      bytes.append(contentsOf: member.value)
    }
    return bytes + [UInt8(ascii: "}")]
  }

  /// Where the key stands or would be inserted.
  private func index(of key: ArraySlice<UInt8>) -> Int {
    var range = 0..<members.count
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      if members[middle].key.lexicographicallyPrecedes(key) {
        range = (middle + 1)..<range.upperBound
      } else {
        range = range.lowerBound..<middle
      }
    }
    return range.lowerBound
  }
}
