import ConversationStore
import Conversations
import Hummingbird

extension Request {
  /// Reads the query of a list strictly.
  ///
  /// - Parameters:
  ///   - path: of the list, percent-encoded, for the links of the answer.
  ///   - read: takes what the list has beside `page`, `cursor`, `limit` and `total`.
  func readList<Filter>(
    at path: String, _ read: (inout QueryParameters) -> Filter = { _ in () }
  ) throws(RequestRejection) -> (Filter, ListRequest, PageLinks) {
    try readQuery { query in
      let filter = read(&query)
      let list = ListRequest(&query)
      return (filter, list, list.links(at: path, query))
    }
  }
}
