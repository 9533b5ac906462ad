import HTTPTypes

/// `/conversations`.
extension Operation {
  static let createConversation = Operation(
    .post, "/conversations", id: "createConversation", tag: .conversations,
    summary: "Create a conversation",
    details: """
      A user's belongs to that user. The backend that has created a call registers it as service or admin, with \
      `externalId` and `userId`. Where events of that call came first, their conversation is claimed: it gets the \
      owner, and title and metadata where it has none. Of two claims one wins, the other gets 409.
      """,
    access: .principal, parameters: [.idempotencyKey],
    body: Body(
      mediaTypes: ["application/json"], schema: .newConversation,
      example: ["title": "Bicycle repair", "metadata": ["campaign": "spring"]]),
    answers: [
      Answer(
        .created, "The conversation as stored.", .json(.conversation),
        headers: Header.ofWrites + [.location, .idempotentReplayed])
    ],
    problems: [.forbidden, .conflict])

  static let listConversations = Operation(
    .get, "/conversations", id: "listConversations", tag: .conversations, summary: "List conversations",
    details: "The newest first. A user sees the own ones; service and admin see all, or those of `userId`.",
    access: .principal,
    parameters: [.status, .transcriptReceived, .ofUser] + Parameter.ofLists + Parameter.ofReads,
    answers: Answer.list("A page of conversations.", .conversationPage))

  static let readConversation = Operation(
    .get, "/conversations/{id}", id: "readConversation", tag: .conversations, summary: "Read a conversation",
    access: .principal, parameters: [.conversationID] + Parameter.ofReads,
    answers: Answer.read("The conversation.", .conversation), problems: [.notFound])

  static let patchConversation = Operation(
    .patch, "/conversations/{id}", id: "patchConversation", tag: .conversations,
    summary: "Change a conversation",
    details:
      "`If-Match` is decided on the stored version, under its lock: of two changes of one version one loses.",
    access: .principal, parameters: [.conversationID, .ifMatch],
    body: Body(
      mediaTypes: ["application/merge-patch+json", "application/json"], schema: .conversationPatch,
      example: ["title": "Bicycle repair, second part", "metadata": ["campaign": nil]]),
    answers: [
      Answer(.ok, "The conversation as stored.", .json(.conversation), headers: Header.ofWrites)
    ],
    problems: [.notFound, .preconditionFailed])

  static let deleteConversation = Operation(
    .delete, "/conversations/{id}", id: "deleteConversation", tag: .conversations,
    summary: "Delete a conversation",
    details: "With its messages. Events of its call that come later bring nothing back.",
    access: .principal, parameters: [.conversationID, .ifMatch],
    answers: [Answer(.noContent, "It is gone.", headers: [.cacheStatus])],
    problems: [.notFound, .preconditionFailed])

  static let listConversationMessages = Operation(
    .get, "/conversations/{id}/messages", id: "listConversationMessages", tag: .conversations,
    summary: "Read a transcript", details: "In the order of `position`.", access: .principal,
    parameters: [.conversationID] + Parameter.ofLists + Parameter.ofReads,
    answers: Answer.list("A page of messages.", .messagePage), problems: [.notFound])
}

extension Operation.Answer {
  /// What the read of a list answers.
  static func list(_ details: String, _ schema: Schema.Name) -> [Operation.Answer] {
    read(details, schema, [.link])
  }

  /// What every read answers: the body, or that the client has it.
  static func read(
    _ details: String, _ schema: Schema.Name, _ headers: [Header] = []
  ) -> [Operation.Answer] {
    [
      Operation.Answer(
        .ok, details, .json(schema), headers: Header.ofReads + [.contentEncoding] + headers),
      Operation.Answer(.notModified, "The client has it.", headers: Header.ofReads),
    ]
  }
}
