import Conversations

/// The wire forms of conversations and messages, and of what clients send about them.
extension Schema {
  static let conversation = object(
    "A conversation with the provider's persona: a call, or one to come.",
    [
      "id": string(format: "uuid"),
      "userId": string("The owner; null while nobody has claimed it.", isNullable: true),
      "externalId": string("The provider's id of the call.", isNullable: true),
      "title": string(length: 0...1000, isNullable: true),
      "status": reference(.conversationStatus),
      "transcriptReceived": boolean("Whether a transcript was ever applied."),
      "metadata": [
        "type": "object", "description": "The client's members, and the provider's `perceptionAnalysis`.",
      ],
      "shutdownReason": string("Why the call ended, in the provider's words.", isNullable: true),
      "recordingUrl": string("Where the recording is stored.", isNullable: true),
      "startedAt": time("When the call began.", isNullable: true),
      "endedAt": time("When the call ended.", isNullable: true),
      "createdAt": time("When it was created."),
      "updatedAt": time("When it last changed."),
    ])

  static let message = object(
    "One entry of a transcript.",
    [
      "id": string(format: "uuid"),
      "conversationId": string(format: "uuid"),
      "role": string(
        "`system`, `user`, `assistant` or `tool`; an unknown one is kept as the provider sent it."),
      "content": string("What was said."),
      "position": integer("The entry's index in the transcript; a skipped entry leaves a gap.", minimum: 0),
      "spokenAt": time("When it was said, where the provider told.", isNullable: true),
      "createdAt": time("`spokenAt`, else the time of the event that brought it."),
    ])

  static func page(of item: Name) -> JSONTree {
    object(
      "One page of a list. A page behind the end is empty.",
      [
        "items": array(of: reference(item)),
        "total": integer("Items of the whole list; null with `total=false`.", minimum: 0, isNullable: true),
        "page": integer("Null when reading by cursor.", minimum: 1, isNullable: true),
        "limit": integer("Items a page.", minimum: 1, maximum: 100),
        "totalPages": integer(
          "0 for an empty list; null with `total=false`, and when reading by cursor.", minimum: 0,
          isNullable: true),
        "hasMore": boolean("Whether there are items behind this page."),
        "nextCursor": string(
          "There when reading by cursor: the `cursor` of the next page; null at the end.", isNullable: true),
      ], optional: ["nextCursor"])
  }

  static let newConversation = object(
    "A member that is null counts as absent.",
    [
      "title": string(length: 0...1000, isNullable: true),
      "metadata": reference(.metadata),
      "externalId": string(
        "The provider's id of the call, at most 512 bytes; only for the roles service and admin. A conversation whose events came first is claimed by it.",
        pattern: printable, length: 1...128, isNullable: true),
      "userId": string(
        "The owner; only for the roles service and admin. Without it, theirs are owned by nobody.",
        pattern: userIDPattern, isNullable: true),
    ], optional: ["title", "metadata", "externalId", "userId"])

  static let conversationPatch = object(
    "A JSON merge patch (RFC 7396): null clears, what is absent stays.",
    [
      "title": string(length: 0...1000, isNullable: true),
      "status": string(
        "Users may set `ended` and `failed`, the roles service and admin any.",
        choices: ConversationStatus.allCases.map(\.rawValue)),
      "metadata": reference(.metadata),
    ], optional: ["title", "status", "metadata"])

  static let metadata: JSONTree = [
    "type": ["object", "null"],
    "description":
      "The client's own members: at most 64 KiB as compact JSON, 32 levels, numbers within ±1e308. `perceptionAnalysis` is the provider's.",
    "properties": ["perceptionAnalysis": false],
    "additionalProperties": true,
  ]

  static let userID = string("An opaque id, compared byte for byte.", pattern: userIDPattern)

  private static let userIDPattern = "^[A-Za-z0-9._:|@+=-]{1,128}$"
  /// Neither blank nor with control characters, from one end to the other.
  static let printable = #"^[^\u0000-\u001F\u007F]*[^\s\u0000-\u001F\u007F][^\u0000-\u001F\u007F]*$"#
}
