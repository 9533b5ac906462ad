import Foundation

/// What readers ask for, and how to tell the versions in the answer.
enum ReadTarget: Hashable, Sendable {
  case conversation(Int)
  case messages(Int)
  case list(user: Int)
  case history(user: Int)

  /// The title and the transcript's entries say which version they are.
  static func entries(_ version: Int) -> [String] { ["question \(version)", "answer \(version)"] }

  func path(_ population: Population) -> String {
    switch self {
    case .conversation(let number): "/conversations/\(population.ids[number])"
    case .messages(let number): "/conversations/\(population.ids[number])/messages"
    case .list: "/conversations?limit=100"
    case .history(let user): "/users/\(population.name(ofUser: user))/messages?limit=100"
    }
  }

  /// Whose token is sent.
  func user(_ population: Population) -> Int {
    switch self {
    case .conversation(let number), .messages(let number): population.user(of: number)
    case .list(let user), .history(let user): user
    }
  }

  /// Throws when the answer cannot be a state that the database ever had.
  func sightings(_ answer: Answer, _ population: Population) throws -> [Sighting] {
    switch self {
    case .conversation(let number):
      let part = population.partInTitle(number)
      guard answer.status == 200 else { return [Self.sighting(number, part, Sighting.absent)] }
      return [try Self.title(answer.decoded(), number, part)]
    case .messages(let number) where population.guests.contains(number):
      let version = answer.status == 200 ? Sighting.present : Sighting.absent
      return [Self.sighting(number, .presence, version)]
    case .messages(let number):
      guard answer.status == 200 else { return [Self.sighting(number, .transcript, Sighting.absent)] }
      return [try Self.transcript(answer.decoded(Page<MessageBody>.self).items, number)]
    case .list(let user):
      let items = try Dictionary(
        answer.decoded(Page<ConversationBody>.self).items.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
      return try (population.conversations(ofUser: user) + population.guests(ofUser: user)).map { number in
        let part = population.partInTitle(number)
        return try items[population.ids[number]].map { try Self.title($0, number, part) }
          ?? Self.sighting(number, part, Sighting.absent)
      }
    case .history(let user):
      let messages = Dictionary(
        grouping: try answer.decoded(Page<MessageBody>.self).items, by: \.conversationId)
      return try population.conversations(ofUser: user).map { number in
        try Self.transcript((messages[population.ids[number]] ?? []).reversed(), number)
      }
    }
  }

  private static func title(
    _ conversation: ConversationBody, _ number: Int, _ part: Versioned.Part
  ) throws -> Sighting {
    guard let version = conversation.title.flatMap({ Int($0) }) else {
      throw IntegrationError("a title of nobody's: \(conversation)")
    }
    return sighting(number, part, version)
  }

  /// No message is version 0; those of two versions together are none.
  private static func transcript(_ messages: [MessageBody], _ number: Int) throws -> Sighting {
    guard let first = messages.first else { return sighting(number, .transcript, 0) }
    guard let version = first.content.split(separator: " ").last.flatMap({ Int($0) }),
      messages.map(\.content) == entries(version)
    else { throw IntegrationError("a torn transcript: \(messages.map(\.content))") }
    return sighting(number, .transcript, version)
  }

  private static func sighting(_ number: Int, _ part: Versioned.Part, _ version: Int) -> Sighting {
    Sighting(object: Versioned(conversation: number, part: part), version: version)
  }
}
