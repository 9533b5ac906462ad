/// Our own id of a message: a UUID, lower-case where it is text.
package struct MessageID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The 128 bits, as the database takes them.
  package let uuid: UUIDValue

  /// From the 128 bits.
  package init(_ uuid: UUIDValue) { self.uuid = uuid }

  /// Nil unless the text is a UUID in its standard form.
  package init?(_ text: some StringProtocol) {
    guard let uuid = UUIDValue(text) else { return nil }
    self.uuid = uuid
  }

  /// A new id.
  package static func random() -> MessageID { MessageID(.random()) }

  /// The order of the bytes, as in Postgres.
  package static func < (left: Self, right: Self) -> Bool { left.uuid < right.uuid }

  /// Lower case, with hyphens.
  package var description: String { uuid.description }
}
