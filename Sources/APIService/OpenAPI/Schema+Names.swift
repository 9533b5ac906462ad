import Conversations

extension Schema {
  /// The schemas of the document's components.
  enum Name: String, Sendable, CaseIterable {
    case conversation = "Conversation"
    case conversationPage = "ConversationPage"
    case newConversation = "NewConversation"
    case conversationPatch = "ConversationPatch"
    case conversationStatus = "ConversationStatus"
    case metadata = "Metadata"
    case message = "Message"
    case messagePage = "MessagePage"
    case userID = "UserId"
    case webhookEvent = "WebhookEvent"
    case webhookReceipt = "WebhookReceipt"
    case health = "Health"
    case indicators = "HealthIndicators"
    case indicator = "HealthIndicator"
    case state = "State"
    case document = "OpenAPIDocument"
    case problem = "Problem"
    case fieldError = "FieldError"
  }

  /// The schema that stands under a name.
  static func named(_ name: Name) -> JSONTree {
    switch name {
    case .conversation: conversation
    case .conversationPage: page(of: .conversation)
    case .newConversation: newConversation
    case .conversationPatch: conversationPatch
    case .conversationStatus: string(choices: ConversationStatus.allCases.map(\.rawValue))
    case .metadata: metadata
    case .message: message
    case .messagePage: page(of: .message)
    case .userID: userID
    case .webhookEvent: webhookEvent
    case .webhookReceipt: webhookReceipt
    case .health: health
    case .indicators: indicators
    case .indicator: object("One server.", ["status": string(choices: ["up", "down"])])
    case .state: object("It is well.", ["status": string(choices: ["ok"])])
    case .document: document
    case .problem: problem
    case .fieldError: fieldError
    }
  }
}
