import Foundation
import Testing

@testable import APIService

/// Reads the sources, since what a handler looks at cannot be asked of it.
@Suite struct SourceScanTests {
  /// Header fields that are read, and whether the document names them. What it does not name, no client has to know.
  private static let readFields: [String: String?] = [
    "authorization": nil, "contentLength": nil, "contentType": nil, "origin": nil, "expect": nil,
    "forwarded": nil, "contentEncoding": nil, "vary": nil, "xForwardedFor": nil,
    "webhookID": "webhook-id", "webhookTimestamp": "webhook-timestamp",
    "webhookSignature": "webhook-signature",
    "idempotencyKey": "Idempotency-Key", "accept": "Accept", "acceptEncoding": "Accept-Encoding",
    "ifMatch": "If-Match",
    "ifNoneMatch": "If-None-Match", "traceparent": "traceparent", "xRequestID": "X-Request-Id",
  ]

  @Test("Every query parameter that is read is in the document")
  func queryParameters() async throws {
    let read = try Self.scan(
      #/(?:query|parameters)\.(?:string|boolean|integer|parse)\(\s*"(\w+)"|queryParameters\["(\w+)"\]/#
    ) { $0.output.1 ?? $0.output.2 ?? "" }
    #expect(read.contains("page"))
    #expect(try await Self.documented("query") == read)
  }

  @Test("Every header field that is read is in the document, unless clients need not know it")
  func headerFields() async throws {
    let read = try Self.scan(#/headers(?:\.contains\(\.|\[(?:values: )?\.)(\w+)[\])](?! =)/#) { $0.output.1 }
    #expect(read.contains("ifMatch"))
    for field in read { #expect(Self.readFields[field] != nil, "\(field) is not known here") }
    let named = Set(read.compactMap { Self.readFields[$0] ?? nil })
    #expect(try await Self.documented("header") == named)
  }

  @Test("Every problem's code is in the document, and every one of the document in the sources")
  func codes() async throws {
    let constructors = #/(?:code: |\.(?:unavailable|badRequest|unprocessable|forbidden)\(\s*)"([a-z_]+)"/#
    let rejections = #/case \w+ = "([a-z_]+)"/#
    let raised = try Self.scan(constructors, in: ["Sources/APIService"]) { $0.output.1 }
      .union(
        try Self.scan(rejections, in: ["Sources/Shared/Conversations/Requests/RequestRejection.swift"]) {
          $0.output.1
        })
    let documented = Set(
      try await OpenAPICommand.document().operations.flatMap(\.allProblems).flatMap(\.codes)
        .filter { $0 != "http_400" })
    // Of a method that a path does not have, the document has no operation.
    #expect(raised.subtracting(["method_not_allowed"]) == documented)
  }

  private static func documented(_ place: String) async throws -> Set<String> {
    let operations = try await OpenAPICommand.document().operations
    return Set(
      (operations.flatMap(\.parameters) + [.requestID]).filter { $0.place.rawValue == place }.map(\.name))
  }

  /// What the expression finds in all sources but those of the document itself.
  private static func scan<Output>(
    _ expression: Regex<Output>,
    in folders: [String] = [
      "Sources/APIService", "Sources/Shared/Conversations", "Sources/Shared/ConversationStore",
    ],
    _ name: (Regex<Output>.Match) -> Substring
  ) throws -> Set<String> {
    var found: Set<String> = []
    for folder in folders {
      for file in try files(in: folder) where !file.contains("/OpenAPI/") {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        for match in text.matches(of: expression) { found.insert(String(name(match))) }
      }
    }
    return found
  }

  private static func files(in folder: String) throws -> [String] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
    let path = root.appending(path: folder).path()
    if path.hasSuffix(".swift") { return [path] }
    let names = try #require(FileManager.default.enumerator(atPath: path)).compactMap { $0 as? String }
    return names.filter { $0.hasSuffix(".swift") }.map { "\(path)/\($0)" }
  }
}
