import HTTPTypes
import NIOHTTP1

/// A head that may be served.
struct AcceptedHead {
  /// Its target is a path.
  let head: HTTPRequestHead
  /// Whether the connection ends with its answer.
  let isLast: Bool
  /// Whether the client waits for `100 Continue` before it sends the body.
  let awaitsContinue: Bool
  /// How long the body is, where the head says.
  let bodyBytes: Int?
}

/// What a request's head must be before any route sees it (RFC 9112). What is refused ends the connection: where the
/// next request would begin is anybody's guess.
struct RequestHeadRules {
  let limits: ConnectionLimits

  func judge(_ head: HTTPRequestHead) throws(Problem) -> AcceptedHead {
    let fields = HeadFields(head.headers)
    guard head.uri.utf8.count <= limits.targetBytes else { throw .targetTooLong(limits) }
    guard fields.bytes <= limits.headerBytes else { throw .headersTooLarge(limits) }
    guard Self.methods.contains(head.method) else {
      throw Problem(
        status: .notImplemented, code: "not_implemented", detail: "the method is not known here")
    }
    try checkHost(head, fields)
    try checkCoding(head, fields)
    var head = head
    head.uri = try RequestTarget.path(of: head)
    return AcceptedHead(
      head: head, isLast: head.version != .http1_1 || !head.isKeepAlive || fields.asksForUpgrade,
      awaitsContinue: try awaitsContinue(head, fields),
      bodyBytes: head.headers.first(name: "Content-Length").map { Int($0) ?? .max })
  }

  private static let methods: [HTTPMethod] = [.GET, .HEAD, .POST, .PUT, .PATCH, .DELETE, .OPTIONS, .TRACE]

  private func checkHost(_ head: HTTPRequestHead, _ fields: HeadFields) throws(Problem) {
    guard fields.hosts < 2, fields.hosts == 1 || head.version == .http1_0 else {
      throw .badRequest("invalid_host", "send the header field Host once")
    }
    if let host = fields.host, !Authority.isValid(host) {
      throw .badRequest("invalid_host", "the header field Host is malformed")
    }
  }

  /// The decoder sees to it that a body has one length.
  private func checkCoding(_ head: HTTPRequestHead, _ fields: HeadFields) throws(Problem) {
    guard let coding = fields.transferCoding else { return }
    guard head.version == .http1_1, fields.transferCodings == 1, coding.lowercased().hasSuffix("chunked")
    else {
      throw .badRequest("malformed_request", "Transfer-Encoding leaves open where the body ends")
    }
    guard coding.isEqualIgnoringCase(to: "chunked") else {
      throw Problem(
        status: .notImplemented, code: "not_implemented", detail: "the only transfer coding here is chunked")
    }
  }

  private func awaitsContinue(_ head: HTTPRequestHead, _ fields: HeadFields) throws(Problem) -> Bool {
    guard let expectation = fields.expectation, head.version == .http1_1 else { return false }
    guard expectation.isEqualIgnoringCase(to: "100-continue") else {
      throw Problem(
        status: .expectationFailed, code: "expectation_failed",
        detail: "the only expectation that is met is 100-continue")
    }
    return true
  }
}

/// The fields that decide about a connection, found in one pass.
private struct HeadFields {
  private(set) var bytes = 0
  private(set) var hosts = 0
  private(set) var host: String?
  private(set) var transferCodings = 0
  private(set) var transferCoding: String?
  private(set) var expectation: String?
  private(set) var asksForUpgrade = false

  init(_ headers: HTTPHeaders) {
    for (name, value) in headers {
      bytes += name.utf8.count + value.utf8.count
      switch name.utf8.count {
      case 4 where name.isEqualIgnoringCase(to: "host"): (hosts, host) = (hosts + 1, value.trimmingLastBlanks)
      case 6 where name.isEqualIgnoringCase(to: "expect"): expectation = value.trimmingLastBlanks
      case 7 where name.isEqualIgnoringCase(to: "upgrade"): asksForUpgrade = true
      case 17 where name.isEqualIgnoringCase(to: "transfer-encoding"):
        (transferCodings, transferCoding) = (transferCodings + 1, value.trimmingLastBlanks)
      default: break
      }
    }
  }
}

extension String {
  /// The decoder leaves those that are behind a value, and are no part of it (RFC 9112, 5).
  fileprivate var trimmingLastBlanks: String {
    guard let last = utf8.last, last == 0x20 || last == 0x09 else { return self }
    var text = self
    while text.last == " " || text.last == "\t" { text.removeLast() }
    return text
  }
}

extension Problem {
  static func targetTooLong(_ limits: ConnectionLimits) -> Problem {
    Problem(
      status: .uriTooLong, code: "target_too_long",
      detail: "the request's target exceeds \(limits.targetBytes) bytes")
  }

  static func headersTooLarge(_ limits: ConnectionLimits) -> Problem {
    Problem(
      status: .requestHeaderFieldsTooLarge, code: "headers_too_large",
      detail:
        "the header fields exceed \(limits.headerBytes) bytes or number more than \(limits.headerFields)")
  }
}

extension String {
  /// For names and tokens, which are ASCII.
  ///
  /// - Parameter other: in lower case.
  func isEqualIgnoringCase(to other: StaticString) -> Bool {
    guard utf8.count == other.utf8CodeUnitCount else { return false }
    return other.withUTF8Buffer { other in
      zip(utf8, other).allSatisfy { $0 | (($0 &- 65) < 26 ? 0x20 : 0) == $1 }
    }
  }
}
