import HTTPTypes

/// `/users`.
extension Operation {
  static let listUserMessages = Operation(
    .get, "/users/{id}/messages", id: "listUserMessages", tag: .users, summary: "Read a user's history",
    details: """
      The messages of all roles in the conversations that the user owns now, the newest first. Users see their own; \
      another user's id is a 404.
      """,
    access: .principal, parameters: [.userID] + Parameter.ofLists + Parameter.ofReads,
    answers: Answer.read("A page of messages.", .messagePage), problems: [.notFound])
}
