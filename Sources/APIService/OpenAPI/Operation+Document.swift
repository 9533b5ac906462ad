import HTTPTypes

/// The parts of an operation as the document has them.
extension Operation {
  /// The Operation Object.
  var tree: JSONTree {
    var tree: JSONTree = [
      "operationId": .string(id), "tags": [.string(tag.rawValue)], "summary": .string(summary),
    ]
    let details = [details, access.details].filter { !$0.isEmpty }.joined(separator: "\n\n")
    if !details.isEmpty { tree = tree.adding(["description": .string(details)]) }
    tree = tree.adding(["security": access.security])
    tree = tree.adding(["parameters": .array((parameters + [.requestID]).map(\.tree))])
    if let body { tree = tree.adding(["requestBody": body.tree]) }
    return tree.adding(["responses": .object(responses)])
  }

  /// By status. Where success and failure share one, as `/health` does it, it is told as the answer.
  private var responses: [JSONTree.Member] {
    let answered = answers.map { answer in
      JSONTree.Member(name: String(answer.status.code), value: answer.tree(headers: headers(of: answer)))
    }
    let failed = allProblems.filter { problem in !answers.contains { $0.status == problem.status } }
    return answered
      + failed.map {
        .init(name: String($0.status.code), value: ["$ref": .string("#/components/responses/\($0.name)")])
      }
  }
}

extension Operation.Access {
  /// What the operation's description says of it; the security requirement tells the rest.
  fileprivate var details: String {
    switch self {
    case .anyone, .principal, .provider: ""
    case .privileged: "Only for the roles service and admin."
    case .operators: "Only from `ADMIN_NETWORKS`."
    }
  }

  fileprivate var security: JSONTree {
    switch self {
    case .anyone, .operators: []
    case .principal, .privileged: [["token": []]]
    case .provider:
      [["webhookToken": []], ["webhookId": [], "webhookTimestamp": [], "webhookSignature": []]]
    }
  }
}

extension Operation.Parameter {
  fileprivate var tree: JSONTree {
    let required: JSONTree = place == .path ? ["required": true] : [:]
    let head: JSONTree = ["name": .string(name), "in": .string(place.rawValue)]
    return head.adding(required)
      .adding(["description": .string(details), "schema": schema])
  }
}

extension Operation.Body {
  fileprivate var tree: JSONTree {
    let content = mediaTypes.map { type in
      JSONTree.Member(name: type, value: ["schema": Schema.reference(schema), "example": example])
    }
    return ["required": true, "content": .object(content)]
  }
}

extension Operation.Answer {
  fileprivate func tree(headers: [Header]) -> JSONTree {
    let tree: JSONTree = ["description": .string(details), "headers": Header.references(headers)]
    guard let content else { return tree }
    return tree.adding(["content": content.tree])
  }
}

extension Operation.Content {
  fileprivate var tree: JSONTree {
    switch self {
    case .json(let schema): ["application/json": ["schema": Schema.reference(schema)]]
    case .text(let types):
      .object(types.map { .init(name: $0, value: ["schema": Schema.string()]) })
    }
  }
}

extension Header {
  var tree: JSONTree { ["description": .string(details), "schema": schema] }

  static func references(_ headers: [Header]) -> JSONTree {
    .object(headers.map { .init(name: $0.name, value: ["$ref": .string("#/components/headers/\($0.name)")]) })
  }
}

extension ProblemAnswer {
  /// The Response Object.
  var tree: JSONTree {
    let example: JSONTree = [
      "type": "about:blank", "title": .string(status.reasonPhrase), "status": .integer(status.code),
      "detail": .string(details), "instance": "/conversations", "code": .string(codes[0]),
      "requestId": "3f1c5a0e9b7d4c2a8e6f0b1d2c3a4f5e",
    ]
    return [
      "description": .string(details),
      "x-codes": .array(codes.map(JSONTree.string)),
      "headers": Header.references(headers + Header.ofProblems),
      "content": [
        "application/problem+json": ["schema": Schema.reference(.problem), "example": example]
      ],
    ]
  }
}
