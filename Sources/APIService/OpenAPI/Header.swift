/// A header field of an answer, as the document tells of it.
struct Header: Sendable, Hashable {
  let name: String
  let details: String
  let schema: JSONTree

  init(_ name: String, _ details: String, _ schema: JSONTree) {
    self.name = name
    self.details = details
    self.schema = schema
  }

  static func == (one: Header, other: Header) -> Bool { one.name == other.name }
  func hash(into hasher: inout Hasher) { hasher.combine(name) }

  static let requestID = Header(
    "X-Request-Id",
    "The request's own `X-Request-Id`, or one that was made; the logs know the request by it.",
    Schema.string(pattern: "^[A-Za-z0-9._-]{1,128}$"))
  static let eTag = Header(
    "ETag",
    "A strong entity tag: equal bytes have equal tags, on every instance. That of a gzip form ends in `-gzip`.",
    Schema.string(pattern: #"^"[0-9a-f]{32}(-gzip)?"$"#))
  static let cacheControl = Header(
    "Cache-Control", "Who may keep the answer, and that it is to be revalidated.", Schema.string())
  static let vary = Header("Vary", "What the answer depends on besides its target.", Schema.string())
  static let cacheStatus = Header(
    "Cache-Status",
    "RFC 9211: `redis; hit; ttl=…` or why not. After a write, `redis; detail=invalidation-pending` tells that other instances may answer with what was before for up to 5 s.",
    Schema.string(pattern: "^redis; "))
  static let serverTiming = Header(
    "Server-Timing", "Milliseconds spent in `redis`, in the `database`, and in `total`.",
    Schema.string(pattern: "total;dur="))
  static let contentEncoding = Header(
    "Content-Encoding", "`gzip` where the client takes it and the body is worth it.",
    Schema.string(choices: ["gzip"]))
  static let acceptedEncoding = Header(
    "Accept-Encoding", "RFC 9110: the content codings that a body may have.",
    Schema.string(choices: ["identity"]))
  static let location = Header("Location", "The path of what was created.", Schema.string())
  static let link = Header(
    "Link", "RFC 8288: where there are any, `first`, `prev`, `next` and `last`.", Schema.string(pattern: "^<")
  )
  static let idempotentReplayed = Header(
    "Idempotent-Replayed",
    "`true`: the answer is that of an earlier request with the same `Idempotency-Key`.",
    Schema.string(choices: ["true"]))
  static let contentSecurityPolicy = Header(
    "Content-Security-Policy", "Lets nothing in but the page's own style.", Schema.string())
  static let wwwAuthenticate = Header(
    "WWW-Authenticate", "The scheme to authenticate by.", Schema.string(pattern: "^Bearer"))
  static let retryAfter = Header(
    "Retry-After", "Seconds after which to try again.", Schema.string(pattern: "^[0-9]+$"))

  /// What answers to a principal say of its limit; absent where it has none.
  static let rateLimit = [
    Header(
      "RateLimit-Policy", #"The limit and its window in seconds: `"default";q=100;w=60`."#, Schema.string()),
    Header(
      "RateLimit", #"What is left of it, and for how many seconds: `"default";r=37;t=12`."#, Schema.string()),
    Header("X-RateLimit-Limit", "Requests per window.", Schema.string(pattern: "^[0-9]+$")),
    Header("X-RateLimit-Remaining", "Those that are left.", Schema.string(pattern: "^[0-9]+$")),
    Header("X-RateLimit-Reset", "Seconds until there are more.", Schema.string(pattern: "^[0-9]+$")),
  ]

  /// What every problem may carry.
  static let ofProblems = [cacheControl, vary, requestID] + rateLimit
  /// What every read of a conversation, message or list carries.
  static let ofReads = [eTag, cacheControl, vary, cacheStatus, serverTiming]
  /// What the answer to a write that leaves something carries.
  static let ofWrites = [eTag, cacheStatus]
  /// What a document that only a release changes carries.
  static let ofDocuments = [eTag, cacheControl, vary]
}
