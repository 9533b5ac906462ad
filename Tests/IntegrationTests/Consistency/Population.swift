import Foundation
import NIOConcurrencyHelpers

/// The users and their conversations.
struct Population: Sendable {
  /// By number; first those that stay, then those that come and go.
  let ids: [String]
  let users: Int
  let residents: Int

  /// Registers those that stay by way of `api`.
  static func register(
    _ api: API, users: Int, conversations: Int, guests: Int = 0
  ) async throws -> Population {
    let ids = NIOLockedValueBox([String](repeating: "", count: conversations))
    try await concurrently(0..<conversations) { number in
      let owner = name(ofUser: number % users)
      let conversation = try await api.register(externalID(of: number), owner: owner, title: "0")
      ids.withLockedValue { $0[number] = conversation.id }
    }
    return Population(
      ids: ids.withLockedValue { $0 } + (0..<guests).map { _ in UUID().uuidString.lowercased() },
      users: users, residents: conversations)
  }

  var numbers: [String: Int] { Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) }) }

  func name(ofUser user: Int) -> String { Self.name(ofUser: user) }

  func user(of conversation: Int) -> Int { conversation % users }

  func conversations(ofUser user: Int) -> [Int] { Array(stride(from: user, to: residents, by: users)) }

  /// Those that come and go.
  var guests: Range<Int> { residents..<ids.count }

  /// What the title of a conversation is the version of.
  func partInTitle(_ number: Int) -> Versioned.Part { guests.contains(number) ? .presence : .title }

  func guests(ofUser user: Int) -> [Int] { guests.filter { self.user(of: $0) == user } }

  func externalID(of conversation: Int) -> String { Self.externalID(of: conversation) }

  private static func name(ofUser user: Int) -> String { "reader-\(user)" }

  private static func externalID(of conversation: Int) -> String { "consistency-\(conversation)" }
}
