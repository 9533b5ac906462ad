/// A failure of the test's surroundings, not of what it tests.
package struct TestSupportError: Error, CustomStringConvertible {
  /// What went wrong, with the output of the program concerned.
  package let description: String

  init(_ description: String) { self.description = description }
}

/// Waits for something that happens in another process and announces itself to nobody.
///
/// - Returns: the first value that is not nil; nil when `limit` has passed.
package func poll<Value: Sendable>(
  within limit: Duration, _ probe: () async throws -> Value?
) async throws -> Value? {
  let end = ContinuousClock.now + limit
  while true {
    if let value = try await probe() { return value }
    guard ContinuousClock.now < end else { return nil }
    try await Task.sleep(for: .milliseconds(5))
  }
}

/// Waits until `condition` holds, and tells whether it did within `limit`: `#expect(try await eventually { … })`.
package func eventually(
  within limit: Duration = .seconds(10), _ condition: () async throws -> Bool
) async throws -> Bool {
  try await poll(within: limit) { try await condition() ? true : nil } ?? false
}
