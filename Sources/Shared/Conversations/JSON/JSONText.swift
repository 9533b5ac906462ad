/// A string token: where its characters stand between the quotes, still escaped.
struct JSONText: Equatable {
  let range: Range<Int>
  let isEscaped: Bool
}
