import Foundation

/// Judges JSON by the schemas of a document: of JSON Schema those keywords that the document uses.
struct JSONSchema {
  /// In it references are looked up.
  let document: JSONValue

  /// Every fault, with the place where it is; none when the value fits.
  func faults(in value: JSONValue, by schema: JSONValue, at place: String = "") -> [String] {
    if case .boolean(let isAllowed) = schema { return isAllowed ? [] : ["\(place) must not be there"] }
    if let reference = schema["$ref"]?.text {
      guard let target = lookUp(reference) else { return ["\(reference) leads nowhere"] }
      return faults(in: value, by: target, at: place)
    }
    let types = schema["type"].map { [$0] + $0.elements }?.compactMap(\.text) ?? []
    let isOfType =
      types.isEmpty || types.contains(value.type) || (types.contains("number") && value.type == "integer")
    guard isOfType else { return ["\(place) is of the type \(value.type)"] }
    if let choices = schema["enum"], !choices.elements.contains(value) {
      return ["\(place) is none of those allowed"]
    }
    switch value {
    case .string(let text): return textFaults(text, schema, place)
    case .integer(let number): return numberFaults(number, schema, place)
    case .array(let elements): return arrayFaults(elements, schema, place)
    case .object(let members): return objectFaults(members, schema, place)
    case .null, .boolean, .number: return []
    }
  }

  /// The target of a reference such as `#/components/schemas/Message`.
  func lookUp(_ reference: String) -> JSONValue? {
    reference.split(separator: "/").dropFirst().reduce(document as JSONValue?) { $0?[String($1)] }
  }

  private func textFaults(_ text: String, _ schema: JSONValue, _ place: String) -> [String] {
    let range = (schema["minLength"]?.integer ?? 0)...(schema["maxLength"]?.integer ?? .max)
    let pattern = schema["pattern"]?.text ?? schema["format"]?.text.flatMap { Self.formats[$0] }
    let fits = pattern.map { text.range(of: $0, options: .regularExpression) != nil } ?? true
    return fits && range.contains(text.unicodeScalars.count) ? [] : ["\(place) is not as it should be"]
  }

  private static let formats = [
    "uuid": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
    "date-time": #"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"#,
  ]

  private func numberFaults(_ number: Int, _ schema: JSONValue, _ place: String) -> [String] {
    let range = (schema["minimum"]?.integer ?? .min)...(schema["maximum"]?.integer ?? .max)
    return range.contains(number) ? [] : ["\(place) is out of range"]
  }

  private func arrayFaults(_ elements: [JSONValue], _ schema: JSONValue, _ place: String) -> [String] {
    guard let items = schema["items"] else { return [] }
    return elements.enumerated().flatMap { faults(in: $1, by: items, at: "\(place)/\($0)") }
  }

  private func objectFaults(_ members: [String: JSONValue], _ schema: JSONValue, _ place: String) -> [String]
  {
    let missing = (schema["required"]?.elements ?? []).compactMap(\.text).filter { members[$0] == nil }
    let others = schema["additionalProperties"] ?? .boolean(true)
    return missing.map { "\(place)/\($0) is missing" }
      + members.flatMap { name, value in
        faults(in: value, by: schema["properties"]?[name] ?? others, at: "\(place)/\(name)")
      }
  }
}
