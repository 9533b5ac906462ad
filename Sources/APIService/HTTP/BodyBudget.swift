import NIOConcurrencyHelpers

/// How many bytes of bodies are held whose senders are not known yet: whoever signs a body is known only once all of it
/// is there. Above it strangers could fill the memory, however few may do so a minute.
final class BodyBudget: Sendable {
  private let limit: Int
  private let taken = NIOLockedValueBox(0)

  /// - Parameter limit: at least what one body may have.
  init(limit: Int) { self.limit = limit }

  /// Runs `body` with so many bytes set aside for it; a 503 when there are not so many left.
  func with<Value>(_ bytes: Int, _ body: () async throws -> Value) async throws -> Value {
    let isTaken = taken.withLockedValue { taken in
      guard taken + bytes <= limit else { return false }
      taken += bytes
      return true
    }
    guard isTaken else { throw Problem.unavailable("overloaded", "too many webhooks are being received") }
    defer { taken.withLockedValue { $0 -= bytes } }
    return try await body()
  }
}
