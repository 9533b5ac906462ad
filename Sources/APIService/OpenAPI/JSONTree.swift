import Conversations

/// A JSON value put together in the source, for the OpenAPI document and its schemas. Members keep their order.
indirect enum JSONTree: Sendable, Equatable {
  /// One member of an object.
  struct Member: Sendable, Equatable {
    let name: String
    let value: JSONTree
  }

  case object([Member])
  case array([JSONTree])
  case string(String)
  case integer(Int)
  case boolean(Bool)
  case null

  /// The value of a member; nil where there is none.
  subscript(_ name: String) -> JSONTree? { members.first { $0.name == name }?.value }

  /// The members of an object; none of anything else.
  var members: [Member] {
    if case .object(let members) = self { members } else { [] }
  }

  /// The elements of an array; none of anything else.
  var elements: [JSONTree] {
    if case .array(let elements) = self { elements } else { [] }
  }

  /// A string's characters; nil for anything else.
  var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The same object with another one's members behind its own.
  func adding(_ other: JSONTree) -> JSONTree { .object(members + other.members) }
}

extension JSONTree: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral,
  ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByNilLiteral
{
  init(dictionaryLiteral members: (String, JSONTree)...) {
    self = .object(members.map { Member(name: $0.0, value: $0.1) })
  }

  init(arrayLiteral elements: JSONTree...) { self = .array(elements) }
  init(stringLiteral text: String) { self = .string(text) }
  init(integerLiteral number: Int) { self = .integer(number) }
  init(booleanLiteral flag: Bool) { self = .boolean(flag) }
  init(nilLiteral: ()) { self = .null }
}

extension JSONTree: JSONEncodable {
  func encode(into writer: inout JSONWriter) {
    switch self {
    case .object(let members):
      writer.beginObject()
      for member in members {
        writer.member(escaping: member.name)
        member.value.encode(into: &writer)
      }
      writer.endObject()
    case .array(let elements):
      writer.beginArray()
      for element in elements { element.encode(into: &writer) }
      writer.endArray()
    case .string(let text): writer.string(text)
    case .integer(let number): writer.integer(number)
    case .boolean(let flag): writer.boolean(flag)
    case .null: writer.null()
    }
  }

  /// The same for people: a member a line, two spaces a level; what is short stays on one line.
  var indented: String { indented(by: 0) }

  private func indented(by level: Int) -> String {
    let line = String(decoding: jsonBytes(), as: UTF8.self)
    let parts: [String]
    switch self {
    case .object(let members):
      parts = members.map { member in
        let name = String(decoding: JSONTree.string(member.name).jsonBytes(), as: UTF8.self)
        return "\(name): \(member.value.indented(by: level + 1))"
      }
    case .array(let elements): parts = elements.map { $0.indented(by: level + 1) }
    default: return line
    }
    guard line.utf8.count > 72 else { return line }
    let (open, close) = if case .object = self { ("{", "}") } else { ("[", "]") }
    let margin = String(repeating: "  ", count: level)
    return "\(open)\n\(margin)  " + parts.joined(separator: ",\n\(margin)  ") + "\n\(margin)\(close)"
  }
}
