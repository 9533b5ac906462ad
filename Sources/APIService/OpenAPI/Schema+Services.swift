/// The wire forms of webhooks, health, problems and the document itself.
extension Schema {
  static let webhookEvent = open(
    "The provider's event, of which only the envelope is read before it is queued. A `webhook_url` is removed from it.",
    [
      "conversation_id": string("At most 512 bytes.", pattern: printable, length: 1...128),
      "event_type": string(
        "At most 512 bytes. An unknown one is recorded.", pattern: printable, length: 1...128),
      "message_type": [:],
      "timestamp": [
        "description":
          "When it happened, in ISO 8601 or as epoch seconds or milliseconds; else the time of receipt."
      ],
      "properties": ["description": "What happened."],
    ], optional: ["message_type", "timestamp", "properties"]
  ).adding(transcriptRule)

  /// The one event whose content is looked at before it is queued.
  private static let transcriptRule: JSONTree = [
    "if": [
      "required": ["event_type"],
      "properties": ["event_type": ["const": "application.transcription_ready"]],
    ],
    "then": [
      "required": ["properties"],
      "properties": [
        "properties": [
          "type": "object", "required": ["transcript"], "properties": ["transcript": ["type": "array"]],
        ]
      ],
    ],
  ]

  static let webhookReceipt = object(
    "What became of an event.",
    [
      "eventId": string(
        "The signed `webhook-id`, else the SHA-256 of the body in lower-case hex.",
        pattern: "^[A-Za-z0-9._-]{1,128}$"),
      "status": string(
        "A duplicate was queued before, and is not queued again.", choices: ["queued", "duplicate"]),
    ])

  static let health = object(
    "The shape of NestJS Terminus.",
    [
      "status": string(choices: ["ok", "error"]),
      "info": reference(.indicators),
      "error": reference(.indicators),
      "details": reference(.indicators),
      "degraded": boolean("There, and true, when the cache or the queue alone is down."),
    ], optional: ["degraded"])

  static let indicators = object(
    "What the service stands on; `redis` is the cache.",
    [
      "database": reference(.indicator), "redis": reference(.indicator), "queue": reference(.indicator),
    ], optional: ["database", "redis", "queue"])

  static let document = open("An OpenAPI document.", ["openapi": string(pattern: #"^3\.1\."#)])

  static let problem = object(
    "Problem details (RFC 9457).",
    [
      "type": string("`about:blank`: the status tells the kind."),
      "title": string("The same for every problem of a kind."),
      "status": integer("The HTTP status.", minimum: 400, maximum: 599),
      "detail": string("For people."),
      "instance": string("The request's path."),
      "code": string(
        "For programs; stable. Each answer names its own in `x-codes`; others may be added.",
        pattern: "^[a-z0-9_]+$"),
      "requestId": string("What the logs know the request by."),
      "errors": array("Single faults, at most fifty.", of: reference(.fieldError)),
    ], optional: ["errors"])

  static let fieldError = object(
    "One fault of a request: at a `pointer` (RFC 6901) into its body, or at a `parameter` of its query.",
    [
      "pointer": string(), "parameter": string(),
      "code": string("For programs; stable.", pattern: "^[a-z0-9_]+$"), "detail": string("For people."),
    ], optional: ["pointer", "parameter"])
}
