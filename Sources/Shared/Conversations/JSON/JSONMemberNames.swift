/// The names of an object's members, for texts that nobody may read in two ways.
package enum JSONMemberNames {
  /// Whether a text is one object, in which no name is there twice however it is written. Two names that Swift takes for
  /// equal, such as a letter with its accent in one scalar or in two, are the same: so a decoder takes them.
  package static func areUnique(in text: some Collection<UInt8>) -> Bool {
    Array(text).withUnsafeBufferPointer { bytes in
      var scanner = JSONScanner(bytes)
      do throws(JSONError) {
        guard try scanner.kind() == .object, try read(&scanner) else { return false }
        try scanner.finish()
        return true
      } catch {
        // What is no JSON has no members at all; whoever wants to know more of it decodes it.
        return false
      }
    }
  }

  private static func read(_ scanner: inout JSONScanner) throws(JSONError) -> Bool {
    var seen: Set<String> = []
    try scanner.enter()
    while let name = try scanner.nextMember() {
      guard seen.insert(scanner.decode(name).string).inserted else { return false }
      _ = try scanner.skipValue()
    }
    return true
  }
}
