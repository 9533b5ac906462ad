/// One schema of the components on the page.
struct PageSchema {
  let name: Schema.Name

  init(_ name: Schema.Name) { self.name = name }

  static func link(_ name: Schema.Name) -> HTML { link(name.rawValue) }

  static func link(_ name: String) -> HTML {
    ##"<a href="#schema-\##(name)">\##(name)</a>"##
  }

  var html: HTML {
    let schema = Schema.named(name)
    return """
      <article id="schema-\(name.rawValue)">
      <h3>\(name.rawValue)</h3>
      \(HTML.prose(schema["description"]?.text ?? ""))
      \(members(of: schema))
      </article>
      """
  }

  private func members(of schema: JSONTree) -> HTML {
    guard let properties = schema["properties"]?.members else { return "<p>\(SchemaText(schema).html)</p>" }
    let required = schema["required"]?.elements ?? []
    let rows: [HTML] = properties.map { member in
      let presence = required.contains(.string(member.name)) ? "" : "optional"
      let details = HTML.inline(member.value["description"]?.text ?? "")
      return """
        <tr><td><code>\(member.name)</code></td><td>\(SchemaText(member.value).html)</td><td>\(presence)</td>\
        <td>\(details)</td></tr>
        """
    }
    return "<div><table><tbody>\n\(rows)\n</tbody></table></div>"
  }
}

/// A schema in a few words.
struct SchemaText {
  private let schema: JSONTree

  init(_ schema: JSONTree) { self.schema = schema }

  var html: HTML {
    if schema == false { return "never" }
    if let reference = schema["$ref"]?.text, let name = reference.split(separator: "/").last {
      return PageSchema.link(String(name))
    }
    if let items = schema["items"] { return "array of \(SchemaText(items).html)" }
    let words = [choices ?? type, range, standard].compactMap(\.self)
    return HTML.inline(words.joined(separator: ", "))
  }

  private var type: String {
    let names = (schema["type"].map { [$0] + $0.elements } ?? []).compactMap(\.text)
    let format = schema["format"]?.text
    return names.isEmpty ? "any" : names.map { $0 == "string" ? format ?? $0 : $0 }.joined(separator: " or ")
  }

  private var choices: String? {
    schema["enum"].map { $0.elements.compactMap(\.text).map { "`\($0)`" }.joined(separator: " ") }
  }

  private var range: String? {
    switch (schema["minimum"], schema["maximum"], schema["minLength"], schema["maxLength"]) {
    case (.integer(let least)?, .integer(let most)?, _, _): "\(least) to \(most)"
    case (.integer(let least)?, nil, _, _): "\(least) or more"
    case (_, _, .integer(let least)?, .integer(let most)?): "\(least) to \(most) characters"
    case (_, _, nil, .integer(let most)?): "at most \(most) characters"
    default: nil
    }
  }

  private var standard: String? {
    switch schema["default"] {
    case .integer(let number)?: "default \(number)"
    case .boolean(let flag)?: "default \(flag)"
    default: nil
    }
  }
}
