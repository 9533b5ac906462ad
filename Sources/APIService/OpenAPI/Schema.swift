/// Puts JSON Schemas (2020-12, as OpenAPI 3.1 has them) together.
enum Schema {
  /// A string.
  ///
  /// - Parameters:
  ///   - pattern: an ECMA-262 expression that is found in it.
  ///   - length: in Unicode scalars.
  static func string(
    _ details: String? = nil, format: String? = nil, pattern: String? = nil,
    length: ClosedRange<Int>? = nil, choices: [String] = [], isNullable: Bool = false
  ) -> JSONTree {
    var members = type("string", isNullable)
    if !choices.isEmpty { members.append(.init(name: "enum", value: .array(choices.map(JSONTree.string)))) }
    if let format { members.append(.init(name: "format", value: .string(format))) }
    if let pattern { members.append(.init(name: "pattern", value: .string(pattern))) }
    if let length {
      if length.lowerBound > 0 {
        members.append(.init(name: "minLength", value: .integer(length.lowerBound)))
      }
      members.append(.init(name: "maxLength", value: .integer(length.upperBound)))
    }
    return .object(members + description(details))
  }

  static func integer(
    _ details: String? = nil, minimum: Int? = nil, maximum: Int? = nil, default standard: Int? = nil,
    isNullable: Bool = false
  ) -> JSONTree {
    var members = type("integer", isNullable)
    for (name, value) in [("minimum", minimum), ("maximum", maximum), ("default", standard)] {
      if let value { members.append(.init(name: name, value: .integer(value))) }
    }
    return .object(members + description(details))
  }

  static func boolean(_ details: String? = nil, default standard: Bool? = nil) -> JSONTree {
    let standard = standard.map { [JSONTree.Member(name: "default", value: .boolean($0))] } ?? []
    return .object(type("boolean", false) + standard + description(details))
  }

  static func array(_ details: String? = nil, of items: JSONTree) -> JSONTree {
    .object(type("array", false) + [.init(name: "items", value: items)] + description(details))
  }

  /// RFC 3339 in UTC with milliseconds.
  static func time(_ details: String, isNullable: Bool = false) -> JSONTree {
    string(details, format: "date-time", isNullable: isNullable)
  }

  /// An object that has these members and no others.
  ///
  /// - Parameter optional: the members that may be absent.
  static func object(
    _ details: String, _ members: KeyValuePairs<String, JSONTree>, optional: Set<String> = []
  ) -> JSONTree {
    open(details, members, optional: optional).adding(["additionalProperties": false])
  }

  /// An object that may have other members as well.
  static func open(
    _ details: String, _ members: KeyValuePairs<String, JSONTree>, optional: Set<String> = []
  ) -> JSONTree {
    let required = members.map(\.key).filter { !optional.contains($0) }.map(JSONTree.string)
    var parts = type("object", false) + description(details)
    if !required.isEmpty { parts.append(.init(name: "required", value: .array(required))) }
    let properties = members.map { JSONTree.Member(name: $0.key, value: $0.value) }
    return .object(parts + [.init(name: "properties", value: .object(properties))])
  }

  /// What stands in the components under that name.
  static func reference(_ name: Name) -> JSONTree { ["$ref": "#/components/schemas/\(name.rawValue)"] }

  private static func type(_ name: String, _ isNullable: Bool) -> [JSONTree.Member] {
    [.init(name: "type", value: isNullable ? [.string(name), "null"] : .string(name))]
  }

  private static func description(_ details: String?) -> [JSONTree.Member] {
    details.map { [.init(name: "description", value: .string($0))] } ?? []
  }
}
