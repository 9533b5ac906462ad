/// Runs `body` for every element, `width` at a time, and throws the first error.
func concurrently<Element: Sendable>(
  _ elements: some Collection<Element>, width: Int = 8,
  _ body: @escaping @Sendable (Element) async throws -> Void
) async throws {
  try await withThrowingTaskGroup(of: Void.self) { group in
    var waiting = elements.makeIterator()
    for _ in 0..<width {
      if let element = waiting.next() { group.addTask { try await body(element) } }
    }
    while try await group.next() != nil {
      if let element = waiting.next() { group.addTask { try await body(element) } }
    }
  }
}
