import HTTPTypes

/// Webhooks, health, metrics, and the document of all of them.
extension Operation {
  static let receiveWebhook = Operation(
    .post, "/webhooks/tavus", id: "receiveWebhook", tag: .webhooks, summary: "Take an event of the provider",
    details: """
      Authenticated before it is read, then put on a durable queue: a 202 means that it will be applied, once. \
      Query parameters other than `token` are ignored. `WEBHOOK_AUTH` chooses between the token and a signature by \
      Standard Webhooks.
      """,
    access: .provider, parameters: Parameter.ofWebhooks,
    body: Body(
      mediaTypes: ["application/json"], schema: .webhookEvent,
      example: [
        "conversation_id": "c123456", "event_type": "application.transcription_ready",
        "timestamp": "2025-01-01T12:00:00.000Z",
        "properties": ["transcript": [["role": "user", "content": "Hello"]]],
      ]),
    answers: [Answer(.accepted, "It is queued, or was before.", .json(.webhookReceipt))],
    problems: [.unauthorized, .tooManyRequests])

  static let health = Operation(
    .get, "/health", id: "health", tag: .operations, summary: "What is up",
    details: "For monitors. 503, in the same shape, when the database is down.", access: .anyone,
    answers: [
      Answer(.ok, "The database is up.", .json(.health), headers: [.cacheControl]),
      Answer(.serviceUnavailable, "The database is down.", .json(.health), headers: [.cacheControl]),
    ])

  static let live = Operation(
    .get, "/health/live", id: "live", tag: .operations, summary: "Whether the process lives",
    details: "For the kubelet; never touches a dependency.", access: .anyone,
    answers: [Answer(.ok, "It does.", .json(.state), headers: [.cacheControl])])

  static let ready = Operation(
    .get, "/health/ready", id: "ready", tag: .operations, summary: "Whether reads can be answered here",
    details: "For load balancers; 503 also while the service shuts down.", access: .anyone,
    answers: [Answer(.ok, "They can.", .json(.state), headers: [.cacheControl])])

  static let metrics = Operation(
    .get, "/metrics", id: "metrics", tag: .operations, summary: "Metrics",
    details:
      "In Prometheus' text format, or OpenMetrics when asked. Elsewhere than in `ADMIN_NETWORKS` a 404.",
    access: .operators, parameters: [.accept],
    answers: [
      Answer(
        .ok, "The metrics.", .text(["text/plain", "application/openmetrics-text"]), headers: [.cacheControl])
    ],
    problems: [.notFound])

  static let readDocument = Operation(
    .get, "/openapi.json", id: "readDocument", tag: .documentation, summary: "This document",
    access: .anyone, parameters: Parameter.ofReads,
    answers: Answer.document("OpenAPI 3.1.", .json(.document)))

  static let readPage = Operation(
    .get, "/docs", id: "readPage", tag: .documentation, summary: "This document, for people",
    details: "One page without scripts that needs nothing from another host.", access: .anyone,
    parameters: Parameter.ofReads,
    answers: Answer.document("The page.", .text(["text/html"]), [.contentSecurityPolicy]))
}

extension Operation.Answer {
  /// What a document that only a release changes answers.
  static func document(
    _ details: String, _ content: Operation.Content, _ headers: [Header] = []
  ) -> [Operation.Answer] {
    [
      Operation.Answer(.ok, details, content, headers: Header.ofDocuments + [.contentEncoding] + headers),
      Operation.Answer(.notModified, "The client has it.", headers: Header.ofDocuments + headers),
    ]
  }
}
