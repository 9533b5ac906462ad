import Cache
import Conversations
import HTTPTypes
import Hummingbird
import NIOCore
import RateLimit
import Telemetry

extension Request {
  /// The body's bytes, at most `limit`; a longer one is a 413 before it is read where its length is announced.
  func collectBytes(upTo limit: Int) async throws -> [UInt8] {
    if let length = announcedLength, length > limit {
      throw HTTPError(.contentTooLarge)
    }
    if let coding = headers[.contentEncoding], coding.lowercased() != "identity" {
      throw Problem(
        status: .unsupportedMediaType, code: "unsupported_content_coding", detail: "send the body as it is",
        headers: [.acceptEncoding: "identity"])
    }
    do {
      let buffer = try await body.collect(upTo: limit)
      RequestDeadline.restart()
      return Array(buffer.readableBytesView)
    } catch let problem as Problem {
      throw problem
    } catch let error as NIOTooManyBytesError {
      throw error
    } catch let error as CancellationError {
      throw error
    } catch {
      throw Problem.badRequest("incomplete_body", "the body did not arrive as announced")
    }
  }

  /// As `Content-Length` says; no number is too large to be one.
  var announcedLength: Int? { headers[.contentLength].map { Int($0) ?? .max } }

  /// A JSON body of one of the media types, in UTF-8, else 415.
  func collectJSON(accepting mediaTypes: [String] = ["application/json"]) async throws -> [UInt8] {
    try refuseReadersOfOthers(than: "application/json")
    guard let type = headers[.contentType].map(ContentType.init), mediaTypes.contains(type.mediaType),
      type.isUTF8
    else {
      throw Problem(
        status: .unsupportedMediaType, code: "unsupported_media_type",
        detail: "send \(mediaTypes.joined(separator: " or ")), in UTF-8")
    }
    return try await collectBytes(upTo: 1 << 20)
  }

  /// Reads the query strictly: what `read` does not ask for, and what is wrong, is a 400.
  func readQuery<Value>(_ read: (inout QueryParameters) -> Value) throws(RequestRejection) -> Value {
    var parameters = QueryParameters(uri.query)
    let value = read(&parameters)
    try parameters.finish()
    return value
  }

  /// What the reader takes and has, and the limit it must pass; a 406 when it takes nothing that we have.
  func readTerms(_ context: APIContext, of type: String = "application/json") throws(Problem) -> ReadTerms {
    try refuseReadersOfOthers(than: type)
    guard let forms = AcceptEncoding.forms(headers[values: .acceptEncoding]) else {
      throw Problem(
        status: .notAcceptable, code: "not_acceptable", detail: "accept the content coding gzip or identity",
        headers: [.vary: "Accept-Encoding"])
    }
    // What has been passed is not passed again.
    let gate = context.rateTicket.flatMap { $0.isOpen ? $0 : nil }
    return ReadTerms(forms: forms, known: EntityTags(headers[values: .ifNoneMatch]), gate: gate)
  }

  private func refuseReadersOfOthers(than type: String) throws(Problem) {
    guard AcceptedTypes.include(type, headers[values: .accept]) else {
      throw Problem(
        status: .notAcceptable, code: "not_acceptable", detail: "accept \(type)",
        headers: [.vary: "Accept"])
    }
  }

  /// For resources without parameters.
  func refuseQuery() throws(RequestRejection) {
    try readQuery { _ in }
  }
}
