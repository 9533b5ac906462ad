import ConversationStore
import Conversations
import Keyspace

/// A page of a conversation's messages that is kept in the cache.
struct ReadPage {
  let list: ListRequest
  let field: CacheField
  /// To its neighbours.
  private(set) var links: PageLinks

  /// A page of any conversation. Nil for a query that is no page's, or no page's that is kept.
  init?(_ query: String) {
    var query = QueryParameters(query)
    list = ListRequest(&query)
    guard (try? query.finish()) != nil, let field = list.messagesField else { return nil }
    self.field = field
    links = list.links(at: "", query)
  }

  /// That page of this conversation.
  func moved(to conversation: ConversationID) -> ReadPage {
    var page = self
    page.links = links.moved(to: "/conversations/\(conversation)/messages")
    return page
  }
}
