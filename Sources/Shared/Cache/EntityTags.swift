/// The entity tags of an `If-None-Match` or `If-Match` (RFC 9110, 13.1). The tags of both forms of a body stand for
/// each other: who has one has the content.
package struct EntityTags: Sendable, Equatable {
  private let tags: [String]
  private let isCondition: Bool

  /// - Parameter fields: the values of all fields of that name; none is no condition.
  package init(_ fields: [String] = []) {
    isCondition = !fields.isEmpty
    // Our own tags hold no commas, so splitting at them cannot break one that could match.
    tags = fields.flatMap { $0.utf8.split(separator: UInt8(ascii: ",")) }.compactMap(Self.trimmed)
  }

  /// Without the blanks around it; nil when nothing is left.
  private static func trimmed(_ element: Substring.UTF8View) -> String? {
    func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var rest = element.drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return rest.isEmpty ? nil : String(Substring(rest))
  }

  /// Whether nothing is named.
  package var isEmpty: Bool { tags.isEmpty }

  /// `If-None-Match`: compares weakly; `*` matches whatever exists.
  ///
  /// - Parameter form: what would be sent.
  /// - Returns: the form whose tag the reader has, `form` if it is known; a reader updates what it has by that tag.
  func knownForm(of hash: ContentHash, sending form: ContentForm) -> ContentForm? {
    if tags.isEmpty { return nil }
    if tags.contains("*") { return form }
    let other = form == .plain ? ContentForm.gzip : .plain
    return [form, other].first { form in
      let tag = hash.etag(form)
      return tags.contains { $0 == tag || ($0.hasPrefix("W/") && $0.dropFirst(2) == tag) }
    }
  }

  /// `If-Match`: compares strongly; without a field there is no condition.
  ///
  /// - Parameter etag: of the plain form.
  package func match(_ etag: String) -> Bool {
    !isCondition || tags.contains { $0 == "*" || $0 == etag || $0 == ContentHash.packedTag(etag) }
  }
}
