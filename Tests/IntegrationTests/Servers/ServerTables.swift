import Foundation

/// What the three servers are asked, for one conversation with messages.
struct ServerTables: Sendable {
  let id: String
  let owner: String
  /// Of somebody else.
  let foreign: String
  /// That of the plain form, quotes included.
  let tag: String
  let secret: String
  let webhookToken: String

  private var path: String { "/conversations/\(id)" }
  private static let absent = "0195c0de-0000-7000-8000-00000000abcd"

  private func token(_ user: String, role: String? = nil) -> String {
    "Authorization: Bearer \(Token.valid(for: user, role: role, secret: secret))"
  }

  private var anna: String { token(owner) }

  /// Those that find their answer in Redis, in every form.
  var hits: [Exchange] {
    let packed = "\(tag.dropLast())-gzip\""
    let fields: [[String]] = [
      [], ["Accept: application/json"], ["Accept: */*"], ["Accept: text/html, */*;q=0.1"], ["Accept:"],
      ["Accept: text/html"], ["Accept: application/json;q=0"],
      ["Accept: application/*", "Accept: text/html"],
      ["Accept-Encoding: gzip"], ["Accept-Encoding: br, gzip;q=0.5"], ["Accept-Encoding: identity;q=0"],
      ["Accept-Encoding: *"], ["Accept-Encoding: gzip;q=0, identity;q=0"], ["Accept-Encoding: br"],
      ["Accept-Encoding:"], ["Accept-Encoding: gzip", "Accept-Encoding: identity"], ["Accept-Encoding: GZIP"],
      ["If-None-Match: \(tag)"], ["If-None-Match: W/\(tag)"], ["If-None-Match: \"x\", \(tag)"],
      ["If-None-Match: *"],
      ["If-None-Match: \"x\""], ["If-None-Match: \(packed)"],
      ["If-None-Match: \(packed)", "Accept-Encoding: gzip"],
      ["If-None-Match: \(tag)", "Accept-Encoding: gzip"], ["If-None-Match:"], ["If-None-Match: ,"],
      ["If-None-Match: \"x\"", "If-None-Match: \(tag)"], ["If-None-Match: \(tag)", "Accept: text/html"],
      ["If-None-Match: é"],
      ["X-Request-Id: my-id_1.2"], ["X-Request-Id: not valid"], ["X-Request-Id:"], ["x-request-id: lower"],
      ["X-Request-Id: \(String(repeating: "a", count: 128))"],
      ["X-Request-Id: \(String(repeating: "a", count: 129))"],
      ["X-Request-Id: a", "X-Request-Id: b"],
      ["Origin: https://app.example.com"], ["Origin: https://evil.example"], ["Origin: null"], ["Origin:"],
      ["Origin: https://app.example.com", "If-None-Match: *"],
      ["Origin: https://app.example.com", "Access-Control-Request-Method: GET"],
      ["Connection: keep-alive"], ["Connection: close"], ["TE: trailers"], ["Expect: 100-continue"],
      ["Content-Length: 0"], ["Range: bytes=0-3"], ["If-Match: \"x\""], ["If-Modified-Since: x"],
      ["Cache-Control: no-cache"], ["Cookie: a=b; c=d"], ["X: é"], ["User-Agent: \t curl  "],
    ]
    return fields.map { .hit(path, [anna] + $0) }
      + fields.prefix(20).map { .hit("\(path)/messages", [anna] + $0) }
  }

  /// Who asks: they find it in Redis if they may.
  var askers: [Exchange] {
    let now = Int(Date().timeIntervalSince1970)
    let (signed, wrong) = (
      Token.valid(for: owner, secret: secret), Token.valid(for: owner, secret: "wrong" + secret)
    )
    let expired = Token.signed(["sub": owner, "exp": now - 90], secret: secret)
    let unsigned = Token.signed(["sub": owner, "exp": now + 600], secret: secret, algorithm: "none")
    let tokens = [
      "Bearer \(signed)", "bearer \(signed)", "BEARER \(signed)", "Bearer  \(signed)", "Bearer\t\(signed)",
      "Bearer \(signed) ", "Bearer \(signed)x", "Bearer", "Bearer ", "Basic YTpi", signed, "",
      "Bearer \(wrong)",
      "Bearer \(expired)", "Bearer \(unsigned)", "Bearer x.y.z",
    ].map { "Authorization: \($0)" }
    let others = [token("somebody-else"), token("backend", role: "service"), token("root", role: "admin")]
    // Twice: the second time the token is known.
    return (others + others + tokens).flatMap { field in
      [path, "\(path)/messages"].map { Exchange.hit($0, [field]) }
    } + [Exchange("GET \(path)"), .hit(path, [anna, anna])]
  }

  /// What is asked for.
  var targets: [Exchange] {
    let queries = [
      "", "page=1", "page=2&limit=5", "limit=5&page=2", "page=99", "page=01", "page=0", "page=-1", "limit=0",
      "limit=100",
      "limit=101", "total=true", "total=false", "total=maybe", "cursor=", "cursor=x", "cursor=&limit=3",
      "cursor=&page=1",
      "%70age=2", "page=%31", "page=1&page=1", "page=1&", "&page=1", "unknown=1", "page", "page=", "%7A=1",
      "limit=5&total=true&page=1",
    ]
    let pages = queries.flatMap { query -> [Exchange] in
      let target = "\(path)/messages?\(query)"
      return [Exchange("GET \(target)", [anna]), .hit(target, [anna])]
    }
    let paths = [
      "\(path)?", "\(path)?x=1", "\(path)/", "\(path)/messages/", "/\(path)",
      "/conversations/\(id.uppercased())",
      "/conversations/\(Self.absent)", "/conversations/\(Self.absent)/messages", "/conversations/\(foreign)",
      "/conversations/\(foreign)/messages", "/conversations/none",
      "/conversations/\(id.replacing("-", with: ""))",
      "/conversations/%30\(id.dropFirst())", "/conversations", "/conversations?limit=1",
      "/conversations?status=active",
      "/conversations?page=2&limit=1", "/conversations?userId=x", "/conversations?nonsense=1",
      "/conversations?cursor=",
      "/users/\(owner)/messages", "/users/\(owner)/messages?limit=2", "/users/else/messages",
      "/users/%zz/messages",
      "/nothing", "/", "/openapi.json", "/docs", "/health", "/health/live", "/health/ready",
      "http://a.example\(path)", "http://a.example\(path)/messages?page=1",
    ]
    // Cold, then from Redis where it is kept: an absence too.
    return pages
      + paths.flatMap { path in [Exchange("GET \(path)", [anna]), Exchange("GET \(path)", [anna])] }
  }

  /// How it is asked.
  var methods: [Exchange] {
    let paths = [
      path, "\(path)/messages", "/conversations", "/health/live", "/openapi.json", "/nothing",
      "/webhooks/tavus",
    ]
    return ["HEAD", "OPTIONS", "PUT", "TRACE"].flatMap { method in
      paths.map { Exchange("\(method) \($0)", [anna], warmed: $0 == path ? path : nil) }
    } + [
      Exchange("OPTIONS *"), Exchange("HEAD \(path)", [anna, "If-None-Match: \(tag)"], warmed: path),
      Exchange("HEAD \(path)", [anna, "Accept-Encoding: gzip"], warmed: path), Exchange("HEAD \(path)"),
      Exchange("HEAD \(path)", [anna, "Accept: text/html"], warmed: path),
      Exchange("POST \(path)", [anna], body: "{}"), Exchange("DELETE \(path)/messages", [anna]),
      Exchange(
        "OPTIONS \(path)", ["Origin: https://app.example.com", "Access-Control-Request-Method: PATCH"]),
      Exchange("OPTIONS \(path)", ["Origin: https://evil.example", "Access-Control-Request-Method: PATCH"]),
    ]
  }

  /// What changes something, and what is refused instead.
  ///
  /// - Parameter name: in all ids that must not have been used before.
  func writes(_ name: String) -> [Exchange] {
    let json = "Content-Type: application/json"
    let (writer, backend) = (token("writer"), token("backend", role: "service"))
    func create(_ body: String, _ fields: [String] = [], as who: String? = nil) -> Exchange {
      Exchange("POST /conversations", [who ?? writer, json] + fields, body: body, isNew: true)
    }
    func patch(_ body: String, _ fields: [String] = []) -> Exchange {
      Exchange("PATCH /conversations/{id}", [writer, json] + fields, body: body, isNew: true)
    }
    let external = #"{"externalId":"\#(name)","userId":"writer"}"#
    let event =
      #"{"conversation_id":"\#(name)","event_type":"system.replica_joined","timestamp":"2026-01-02T03:04:05.678Z"}"#
    let webhook = "POST /webhooks/tavus?token="
    return [
      create(#"{"title":"x"}"#), create("{"), create(#"{"title":7}"#), create(#"{"unknown":1}"#), create(""),
      Exchange("POST /conversations", [writer, "Content-Type: text/plain"], body: "{}"),
      Exchange("POST /conversations", [writer], body: "{}"),
      Exchange("POST /conversations", [writer, json, "Content-Encoding: gzip"], body: "{}"),
      Exchange("POST /conversations", [writer, json, "Accept: text/html"], body: "{}"),
      Exchange("POST /conversations", [json], body: "{}"),
      Exchange("POST /conversations?x=1", [writer, json], body: "{}"),
      Exchange("POST /conversations", [writer, json], body: String(repeating: " ", count: (1 << 20) + 1)),
      create(#"{"title":"k"}"#, ["Idempotency-Key: \(name)"]),
      create(#"{"title":"k"}"#, ["Idempotency-Key: \(name)"]),
      create(#"{"title":"other"}"#, ["Idempotency-Key: \(name)"]), create("{}", ["Idempotency-Key: "]),
      create(external, as: backend), create(external, as: backend), create(external),
      create(#"{"title":"y"}"#), Exchange("GET /conversations/{id}", [writer], isNew: true),
      patch(#"{"title":"z"}"#), patch(#"{"title":"z"}"#, ["If-Match: \"x\""]),
      patch(#"{"title":"z"}"#, ["If-Match: *"]),
      patch(#"{"title":7}"#), patch("[]"), Exchange("PATCH \(path)", [token("else"), json], body: "{}"),
      Exchange("GET /conversations/{id}", [writer], isNew: true),
      Exchange("DELETE /conversations/{id}", [writer, "If-Match: \"x\""], isNew: true),
      Exchange("DELETE /conversations/{id}", [token("else")], isNew: true),
      Exchange("DELETE /conversations/{id}", [writer], isNew: true),
      Exchange("DELETE /conversations/{id}", [writer], isNew: true),
      Exchange("GET /conversations/{id}", [writer], isNew: true),
      Exchange("DELETE /users/writer", [writer]), Exchange("DELETE /users/\(name)", [backend]),
      Exchange("\(webhook)\(webhookToken)", [json], body: event, isNew: true),
      Exchange("\(webhook)\(webhookToken)", [json], body: event, isNew: true),
      Exchange("\(webhook)\(webhookToken)", [json], body: "{}"),
      Exchange("\(webhook)wrong", [json], body: event),
      Exchange("\(webhook)\(webhookToken)", ["Content-Type: text/plain"], body: event, isNew: true),
      Exchange("POST /webhooks/tavus", [json], body: event),
    ]
  }

  /// With three requests allowed: reads from Redis, reads of nothing, failures and others, until all are refused.
  var limited: [Exchange] {
    let (reader, poster) = (token(owner), token("poster"))
    return (0..<5).flatMap { _ in
      [.hit(path, [reader]), .hit(path, [token("somebody-else")]), Exchange("GET /conversations", [poster])]
    } + [
      .hit("\(path)/messages", [reader]), .hit(path, [reader, "If-None-Match: *"]),
      .hit(path, [reader, "Accept: text/html"]), .hit(path, [reader, "X-Request-Id: mine"]),
      Exchange("HEAD \(path)", [reader], warmed: path), Exchange("GET \(path)?x=1", [reader]),
      Exchange("GET /nothing", [reader]), Exchange("POST /conversations", [reader], body: "{}"),
      .hit(path, [token("root", role: "admin")]),
    ] + (0..<5).map { _ in Exchange("GET \(path)", ["Authorization: Bearer x"]) } + [
      .hit(path, [token("third")])
    ]
  }
}
