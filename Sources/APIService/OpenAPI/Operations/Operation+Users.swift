import HTTPTypes

/// `/users`.
extension Operation {
  static let eraseUser = Operation(
    .delete, "/users/{id}", id: "eraseUser", tag: .users, summary: "Erase a user",
    details: """
      All of the user's conversations go as by their deletion, within seconds of the answer or, if a server is away, once \
      it is back. What the user is given after the request stays.
      """,
    access: .privileged, parameters: [.userID],
    answers: [Answer(.accepted, "It will be done, whether or not there is anything to erase.")],
    problems: [.forbidden, .notFound])

  static let listUserMessages = Operation(
    .get, "/users/{id}/messages", id: "listUserMessages", tag: .users, summary: "Read a user's history",
    details: """
      The messages of all roles in the conversations that the user owns now, the newest first. Users see their own; \
      another user's id is a 404.
      """,
    access: .principal, parameters: [.userID] + Parameter.ofLists + Parameter.ofReads,
    answers: Answer.list("A page of messages.", .messagePage), problems: [.notFound])
}
