import Conversations

extension Operation.Parameter {
  static let conversationID = Self(
    .path, "id", "The conversation's id. What is no UUID names nothing.", Schema.string(format: "uuid"))
  static let userID = Self(.path, "id", "The user's id, percent-encoded.", Schema.reference(.userID))

  static let status = Self(.query, "status", "Only with this status.", Schema.reference(.conversationStatus))
  static let transcriptReceived = Self(
    .query, "transcriptReceived", "Only those that have a transcript, or only those that have none.",
    Schema.boolean())
  static let ofUser = Self(
    .query, "userId", "Only this user's; for the roles service and admin, who else see all.",
    Schema.reference(.userID))
  static let page = Self(
    .query, "page", "`page` × `limit` is at most 10,000.",
    Schema.integer(minimum: 1, maximum: PageRequest.maximumDepth, default: 1))
  static let limit = Self(
    .query, "limit", "Items a page.", Schema.integer(minimum: 1, maximum: 100, default: 50))
  static let total = Self(
    .query, "total", "`false` leaves `total` null, which is cheaper.", Schema.boolean(default: true))
  static let cursor = Self(
    .query, "cursor",
    """
    Empty to begin reading by cursor, then each page's `nextCursor` with the same filters; not together with `page`. \
    So a list can be read to its end, and nothing is missed or seen twice while it grows.
    """,
    Schema.string())
  /// What every list takes.
  static let ofLists = [page, cursor, limit, total]

  static let webhookToken = Self(
    .query, "token", "One of `WEBHOOK_TOKENS`, where `WEBHOOK_AUTH` is `token`.", Schema.string())

  static let acceptEncoding = Self(
    .header, "Accept-Encoding", "`gzip` for a packed body.", Schema.string())
  static let ifNoneMatch = Self(
    .header, "If-None-Match", "Entity tags that the client has: a 304 for each of them, in either form.",
    Schema.string())
  /// What every read of a conversation, message or list takes.
  static let ofReads = [acceptEncoding, ifNoneMatch]
  static let ifMatch = Self(
    .header, "If-Match", "Entity tags of versions, in either form, that may be changed; `*` for any.",
    Schema.string())
  static let idempotencyKey = Self(
    .header, "Idempotency-Key",
    """
    1 to 255 visible ASCII characters. For 24 h the same request with the same key gets the same answer, and creates \
    nothing. Another request with it is a 422; while the first is being carried out, a 409.
    """,
    Schema.string(pattern: "^[!-~]{1,255}$"))
  static let webhookID = Self(
    .header, "webhook-id", "The event's id, with `WEBHOOK_AUTH=standard`.", Schema.string())
  static let webhookTimestamp = Self(
    .header, "webhook-timestamp",
    "Seconds since 1970, at most five minutes off, with `WEBHOOK_AUTH=standard`.",
    Schema.string())
  static let webhookSignature = Self(
    .header, "webhook-signature", "`v1,` and the signature; several with blanks between them.",
    Schema.string())
  /// What the provider sends.
  static let ofWebhooks = [webhookToken, webhookID, webhookTimestamp, webhookSignature, traceparent]
  static let traceparent = Self(
    .header, "traceparent", "W3C Trace Context, carried along.", Schema.string())
  static let requestID = Self(
    .header, "X-Request-Id",
    "Names the request in logs and answers: 1 to 128 of `A-Z a-z 0-9 . _ -`, else one is made.",
    Schema.string())
  static let accept = Self(
    .header, "Accept", "`application/openmetrics-text` for OpenMetrics.", Schema.string())
}
