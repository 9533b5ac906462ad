/// One thing that is wrong with a request, and where: an entry of a problem's `errors`.
package struct FieldError: Equatable, Sendable {
  /// The part of the request meant.
  package enum Location: Equatable, Sendable {
    /// An RFC 6901 JSON pointer into the body.
    case pointer(String)
    /// A query parameter.
    case parameter(String)
  }

  /// The part of the request meant.
  package let location: Location
  /// For programs; stable.
  package let code: String
  /// For people.
  package let detail: String

  /// All three.
  package init(_ location: Location, code: String, detail: String) {
    self.location = location
    self.code = code
    self.detail = detail
  }

  /// An error at a top-level member; its name is escaped as RFC 6901 asks.
  package init(member name: String, code: String, detail: String) {
    let token = name.utf8.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "~"): Array("~0".utf8)
      case UInt8(ascii: "/"): Array("~1".utf8)
      default: [byte]
      }
    }
    self.init(.pointer("/" + String(decoding: token, as: UTF8.self)), code: code, detail: detail)
  }
}

extension FieldError: JSONEncodable {
  /// `{pointer|parameter, code, detail}`.
  package func encode(into writer: inout JSONWriter) {
    writer.beginObject()
    switch location {
    case .pointer(let pointer): writer.member("pointer", pointer)
    case .parameter(let name): writer.member("parameter", name)
    }
    writer.member("code", code)
    writer.member("detail", detail)
    writer.endObject()
  }
}
