import NIOConcurrencyHelpers

/// The users and their conversations.
struct Population: Sendable {
  /// By number.
  let ids: [String]
  let users: Int

  /// Registers them by way of `api`.
  static func register(_ api: API, users: Int, conversations: Int) async throws -> Population {
    let ids = NIOLockedValueBox([String](repeating: "", count: conversations))
    try await concurrently(0..<conversations) { number in
      let owner = name(ofUser: number % users)
      let conversation = try await api.register(externalID(of: number), owner: owner, title: "0")
      ids.withLockedValue { $0[number] = conversation.id }
    }
    return Population(ids: ids.withLockedValue { $0 }, users: users)
  }

  var numbers: [String: Int] { Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) }) }

  func name(ofUser user: Int) -> String { Self.name(ofUser: user) }

  func user(of conversation: Int) -> Int { conversation % users }

  func conversations(ofUser user: Int) -> [Int] { Array(stride(from: user, to: ids.count, by: users)) }

  func externalID(of conversation: Int) -> String { Self.externalID(of: conversation) }

  private static func name(ofUser user: Int) -> String { "reader-\(user)" }

  private static func externalID(of conversation: Int) -> String { "consistency-\(conversation)" }
}
