import Foundation

/// One installation for all tests that need nothing but an API and a worker. They keep to own users and external ids.
enum SharedSystem {
  // A bare task: whoever asks first starts it, everyone awaits the same value.
  private static let start = Task {
    let system = try await LocalSystem.start()
    let api = try await system.startAPI()
    try await system.startWorker()
    return api
  }

  static func api() async throws -> API { try await start.value }
}

/// Names that no other test has.
enum Name {
  private static let numbers = Counter()

  static func user() -> String { "user|\(numbers.next())" }

  static func externalID() -> String { "call-\(numbers.next())" }
}
