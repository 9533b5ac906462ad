/// What a JSON value is, told from its first byte.
enum JSONKind: Sendable {
  case object, array, string, number, boolean, null
}
