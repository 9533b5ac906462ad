import HTTPTypes

extension HTTPFields {
  /// The fields of both.
  static func + (left: HTTPFields, right: HTTPFields) -> HTTPFields {
    var sum = left
    sum += right
    return sum
  }

  /// Adds the other's fields.
  static func += (left: inout HTTPFields, right: HTTPFields) {
    for field in right { left.append(field) }
  }
}
