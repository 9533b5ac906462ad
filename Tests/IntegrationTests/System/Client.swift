import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import TestSupport

/// An HTTP client of one API, as one principal.
struct Client: Sendable {
  let base: String
  var token: String?
  /// Takes gzip and unpacks it, as browsers do. The others see what was sent.
  var takesGzip = false
  /// Holds each answer against the OpenAPI document.
  var watchesContract = false

  private static let http = client(.disabled)
  private static let unpackingHTTP = client(.enabled(limit: .ratio(1000)))

  /// One for the test process, never shut down. It follows no redirect.
  private static func client(_ decompression: HTTPClient.Decompression) -> HTTPClient {
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, decompression: decompression)
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.timeout.connect = .seconds(5)
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// Sends one request. Throws when nobody answers within `limit`.
  func send(
    _ method: String, _ path: String, _ headers: [String: String] = [:], body: Data? = nil,
    within limit: TimeAmount = .seconds(20)
  ) async throws -> Answer {
    try await send(
      method, path, headers, body: body.map { .bytes(ByteBuffer(bytes: $0)) }, within: limit)
  }

  /// The same with a body that may be a stream.
  func send(
    _ method: String, _ path: String, _ headers: [String: String] = [:], body: HTTPClientRequest.Body?,
    within limit: TimeAmount = .seconds(20)
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: base + path)
    request.method = HTTPMethod(rawValue: method)
    if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
    if takesGzip { request.headers.add(name: "Accept-Encoding", value: "gzip") }
    request.body = body
    let http = takesGzip ? Self.unpackingHTTP : Self.http
    let response = try await http.execute(request, timeout: limit)
    let buffer = try await response.body.collect(upTo: 64 << 20)
    let answer = Answer(
      status: Int(response.status.code), headers: response.headers, body: Data(buffer.readableBytesView))
    if watchesContract { try await ContractWatch.judge(method, path, answer) }
    return answer
  }

  func get(
    _ path: String, _ headers: [String: String] = [:], within limit: TimeAmount = .seconds(20)
  ) async throws -> Answer {
    try await send("GET", path, headers, within: limit)
  }

  /// The same, by way of Redis: a starved machine exceeds the 50 ms that Redis gets per request, and the reader is
  /// served from Postgres. Then it asks again.
  func getThroughCache(_ path: String, _ headers: [String: String] = [:]) async throws -> Answer {
    let answer = try await poll(within: .seconds(20)) {
      let answer = try await get(path, headers)
      return answer.isLate ? nil : answer
    }
    guard let answer else { throw IntegrationError("Redis is late all the time: \(path)") }
    return answer
  }

  /// Posts a JSON object.
  func post(_ path: String, _ object: [String: Any]) async throws -> Answer {
    try await send("POST", path, ["Content-Type": "application/json"], body: try JSON.bytes(object))
  }

  /// Patches with a JSON object.
  func patch(
    _ path: String, _ object: [String: Any], _ headers: [String: String] = [:],
    within limit: TimeAmount = .seconds(20)
  ) async throws -> Answer {
    let headers = headers.merging(["Content-Type": "application/json"]) { given, _ in given }
    return try await send("PATCH", path, headers, body: try JSON.bytes(object), within: limit)
  }
}

/// JSON by Foundation, which shares nothing with the product's own.
enum JSON {
  /// The bytes of an object, its keys in order.
  static func bytes(_ object: [String: Any]) throws -> Data {
    try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
  }
}
