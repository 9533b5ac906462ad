extension JSONWriter {
  /// A member with a string, or null.
  package mutating func member(_ name: StaticString, _ value: String?) {
    member(name)
    if let value { string(value) } else { null() }
  }

  /// A member with an integer, or null.
  package mutating func member(_ name: StaticString, _ value: Int?) {
    member(name)
    if let value { integer(value) } else { null() }
  }

  /// A member with `true` or `false`.
  package mutating func member(_ name: StaticString, _ value: Bool) {
    member(name)
    boolean(value)
  }

  /// A member with a time in its text form, or null.
  package mutating func member(_ name: StaticString, _ value: Timestamp?) {
    member(name)
    guard let value else { return null() }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Timestamp.textLength + 2) { target in
      target[0] = UInt8(ascii: "\"")
      value.write(to: UnsafeMutableBufferPointer(rebasing: target[1...]))
      target[Timestamp.textLength + 1] = UInt8(ascii: "\"")
      raw(target)
    }
  }

  /// A member with an id.
  package mutating func member(_ name: StaticString, _ value: ConversationID) { member(name, value.uuid) }

  /// A member with an id.
  package mutating func member(_ name: StaticString, _ value: MessageID) { member(name, value.uuid) }

  private mutating func member(_ name: StaticString, _ value: UUIDValue) {
    member(name)
    withUnsafeTemporaryAllocation(byteCount: UUIDValue.textLength + 2, alignment: 1) { target in
      target[0] = UInt8(ascii: "\"")
      value.write(to: UnsafeMutableRawBufferPointer(rebasing: target[1...UUIDValue.textLength]))
      target[UUIDValue.textLength + 1] = UInt8(ascii: "\"")
      raw(UnsafeRawBufferPointer(target))
    }
  }
}
