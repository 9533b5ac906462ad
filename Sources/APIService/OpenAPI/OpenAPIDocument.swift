import HTTPTypes
import Settings

/// The OpenAPI 3.1 document of a set of operations.
struct OpenAPIDocument: Sendable {
  let operations: [Operation]

  var tree: JSONTree {
    [
      "openapi": "3.1.0",
      "info": [
        "title": "freshet", "version": "\(ProgramVersion.current)",
        "summary": "Conversations and their transcripts",
        "description": .string(Self.introduction),
        "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
      ],
      "servers": [["url": "/"]],
      "tags": .array(tags),
      "paths": .object(paths),
      "components": [
        "securitySchemes": Self.securitySchemes,
        "schemas": .object(Schema.Name.allCases.map { .init(name: $0.rawValue, value: Schema.named($0)) }),
        "headers": .object(headers),
        "responses": .object(problems),
      ],
    ]
  }

  static let introduction = """
    Names are camelCase, times RFC 3339 in UTC with milliseconds. Every error is a problem (RFC 9457) with a `code` \
    for programs. What a path has for `GET` it has for `HEAD`; `OPTIONS` tells what it has; anything else is a 405 with \
    `Allow`. Unknown query parameters are refused, except by webhooks, health and metrics.
    """

  private var tags: [JSONTree] {
    Operation.Tag.allCases.filter { tag in operations.contains { $0.tag == tag } }
      .map { ["name": .string($0.rawValue), "description": .string($0.details)] }
  }

  private var paths: [JSONTree.Member] {
    var order: [String] = []
    for operation in operations where !order.contains(operation.path) { order.append(operation.path) }
    return order.map { path in
      let methods = operations.filter { $0.path == path }
      return .init(
        name: path,
        value: .object(methods.map { .init(name: $0.method.rawValue.lowercased(), value: $0.tree) }))
    }
  }

  private var headers: [JSONTree.Member] {
    let used = operations.flatMap { operation in
      operation.answers.flatMap(operation.headers) + operation.allProblems.flatMap(\.headers)
    }
    return Set(used).sorted { $0.name < $1.name }.map { .init(name: $0.name, value: $0.tree) }
  }

  private var problems: [JSONTree.Member] {
    Set(operations.flatMap(\.allProblems)).sorted { $0.status.code < $1.status.code }
      .map { .init(name: $0.name, value: $0.tree) }
  }

  /// OpenAPI knows no signatures; each of the fields they need is told as a key.
  private static func signed(_ name: String, _ details: String) -> JSONTree {
    ["type": "apiKey", "in": "header", "name": .string(name), "description": .string(details)]
  }

  private static let securitySchemes: JSONTree = [
    "token": [
      "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
      "description":
        "`sub` is the user; the role, `service` or `admin`, stands in the claim that `JWT_ROLE_CLAIM` names.",
    ],
    "webhookToken": [
      "type": "apiKey", "in": "query", "name": "token",
      "description": "One of `WEBHOOK_TOKENS`, with `WEBHOOK_AUTH=token`.",
    ],
    "webhookId": signed("webhook-id", "Standard Webhooks, with `WEBHOOK_AUTH=standard`: the event's id."),
    "webhookTimestamp": signed(
      "webhook-timestamp", "Standard Webhooks: when it was signed, in seconds since 1970."),
    "webhookSignature": signed("webhook-signature", "Standard Webhooks: HMAC-SHA256 of id, time and body."),
  ]
}

extension Operation.Tag {
  /// What stands under that heading.
  var details: String {
    switch self {
    case .conversations: "Conversations with their transcripts."
    case .users: "What belongs to a user, over all conversations."
    case .webhooks: "For the provider of the calls."
    case .operations: "For monitors, load balancers and operators."
    case .documentation: "What you are reading."
    }
  }
}
