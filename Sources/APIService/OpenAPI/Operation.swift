import HTTPTypes

/// One method of one path: what the route table serves, and what the OpenAPI document tells of it.
struct Operation: Sendable {
  /// Whom it answers.
  enum Access: Sendable, CaseIterable {
    /// Everybody.
    case anyone
    /// Whoever has a token; what is not his does not exist for him.
    case principal
    /// Tokens with the role service or admin.
    case privileged
    /// The provider, by `WEBHOOK_AUTH`.
    case provider
    /// Addresses in `ADMIN_NETWORKS`.
    case operators

    /// Whether `Authentication` stands in front of it, and the rate limit.
    var needsToken: Bool { self == .principal || self == .privileged }
  }

  /// The heading it stands under.
  enum Tag: String, Sendable, CaseIterable {
    case conversations, users, webhooks, operations, documentation
  }

  let method: HTTPRequest.Method
  /// With its parameters in braces: `/conversations/{id}`.
  let path: String
  /// The document's `operationId`; stable, since generated clients name their functions by it.
  let id: String
  let tag: Tag
  /// A few words.
  let summary: String
  /// The rest of what a client has to know, in CommonMark.
  let details: String
  let access: Access
  let parameters: [Parameter]
  let body: Body?
  /// When it succeeds, the likeliest first.
  let answers: [Answer]
  /// Beyond those that every operation of its access has: see `allProblems`.
  let problems: [ProblemAnswer]

  init(
    _ method: HTTPRequest.Method, _ path: String, id: String, tag: Tag, summary: String,
    details: String = "", access: Access, parameters: [Parameter] = [], body: Body? = nil,
    answers: [Answer], problems: [ProblemAnswer] = []
  ) {
    self.method = method
    self.path = path
    self.id = id
    self.tag = tag
    self.summary = summary
    self.details = details
    self.access = access
    self.parameters = parameters
    self.body = body
    self.answers = answers
    self.problems = problems
  }
}

extension Operation {
  /// What a request may hold besides its body.
  struct Parameter: Sendable {
    enum Place: String, Sendable { case path, query, header }

    let name: String
    let place: Place
    let details: String
    let schema: JSONTree

    init(_ place: Place, _ name: String, _ details: String, _ schema: JSONTree) {
      self.name = name
      self.place = place
      self.details = details
      self.schema = schema
    }
  }

  /// A request's body.
  struct Body: Sendable {
    /// Those that are taken; with the same schema.
    let mediaTypes: [String]
    let schema: Schema.Name
    let example: JSONTree
  }

  /// An answer of success.
  struct Answer: Sendable {
    let status: HTTPResponse.Status
    let details: String
    /// Nil without a body.
    let content: Content?
    let headers: [Header]

    init(
      _ status: HTTPResponse.Status, _ details: String, _ content: Content? = nil, headers: [Header] = []
    ) {
      self.status = status
      self.details = details
      self.content = content
      self.headers = headers
    }
  }

  /// An answer's body in its media types.
  enum Content: Sendable {
    case json(Schema.Name)
    /// Not described further.
    case text([String])
  }

  /// Every problem it may answer with: its own and those of its access, by status.
  var allProblems: [ProblemAnswer] {
    var all = problems + ProblemAnswer.always
    if access.needsToken { all += [.unauthorized, .tooManyRequests] }
    if body != nil { all += ProblemAnswer.ofBodies }
    return all.sorted { $0.status.code < $1.status.code }
  }

  /// The headers of an answer: its own, and those that its access adds.
  func headers(of answer: Answer) -> [Header] {
    answer.headers + (access.needsToken ? Header.rateLimit : []) + [.requestID]
  }
}
