import Foundation
import HTTPTypes
import Settings
import Testing

@testable import APIService

@Suite struct CrossOriginTests {
  private static let page = "https://app.example.com"
  private let policy = CrossOriginPolicy(
    CrossOriginSettings(["https://app.example.com", "http://localhost:3000"]))

  @Test("Without origins there is no policy")
  func off() {
    #expect(CrossOriginPolicy(CrossOriginSettings()) == nil)
  }

  @Test(
    "A listed origin may read answers and what they carry; any other is told nothing; caches know that it matters"
  )
  func mark() throws {
    let policy = try #require(policy)
    var fields: HTTPFields = [.vary: "Authorization, Accept-Encoding"]
    policy.mark(&fields, for: Self.page)
    #expect(fields[.accessControlAllowOrigin] == Self.page)
    #expect(fields[.vary] == "Authorization, Accept-Encoding, Origin")
    #expect(fields[.accessControlExposeHeaders]?.contains("ETag") == true)
    #expect(fields[.accessControlAllowCredentials] == nil)
    for origin in [
      nil, "null", "https://app.example.com.evil.example", "http://app.example.com",
      "https://app.example.com:444",
    ] {
      var fields = HTTPFields()
      policy.mark(&fields, for: origin)
      #expect(fields == [.vary: "Origin"])
    }
  }

  @Test("Only a preflight of a listed origin is answered as one")
  func preflight() throws {
    let policy = try #require(policy)
    func answer(_ method: HTTPRequest.Method, _ origin: String?, _ wanted: String?) -> HTTPFields? {
      var request = HTTPRequest(method: method, scheme: "http", authority: "a", path: "/conversations")
      request.headerFields[.origin] = origin
      request.headerFields[.accessControlRequestMethod] = wanted
      return policy.preflight(request)
    }
    let answered = try #require(answer(.options, Self.page, "PATCH"))
    #expect(answered[.accessControlAllowMethods]?.contains("PATCH") == true)
    #expect(answered[.accessControlAllowHeaders]?.contains("Authorization") == true)
    #expect(answered[.accessControlMaxAge] == "600")
    #expect(answer(.options, Self.page, nil) == nil)
    #expect(answer(.options, nil, "PATCH") == nil)
    #expect(answer(.options, "https://evil.example", "PATCH") == nil)
    #expect(answer(.get, Self.page, "PATCH") == nil)
  }

  @Test(
    "An origin that no browser would send is a bad setting",
    arguments: [
      "*", "null", "app.example.com", "https://app.example.com/", "https://app.example.com/x", "https://",
      "https://App.example.com", "https://app.example.com:443", "http://a:80", "https://a b", "://a",
      "https://a:",
      "https://user@a",
    ])
  func malformed(_ origin: String) async throws {
    let reader = try await SettingsReader(environment: ["CORS_ORIGINS": origin], environmentFile: nil)
    #expect(CrossOriginSettings(reader: reader).origins.isEmpty)
    #expect(throws: SettingsError.self) { try reader.finish() }
  }

  @Test("Well-formed ones are taken, blanks around them apart")
  func taken() async throws {
    let text = " https://app.example.com , http://localhost:3000,capacitor://localhost,http://[::1]:3000"
    let reader = try await SettingsReader(environment: ["CORS_ORIGINS": text], environmentFile: nil)
    #expect(CrossOriginSettings(reader: reader).origins.count == 4)
    try reader.finish()
  }
}

extension CrossOriginSettings {
  fileprivate init(_ origins: Set<String>) {
    self.init()
    self.origins = origins
  }
}

@Suite struct AcceptedTypesTests {
  @Test(
    "JSON is acceptable where a range that includes it has weight; the nearest one counts",
    arguments: [
      ([], true), ([""], true), (["*/*"], true), (["application/json"], true), (["APPLICATION/JSON"], true),
      (["application/json;charset=utf-8"], true), (["application/*"], true), (["text/html, */*;q=0.1"], true),
      (["text/html", "application/json;q=0.001"], true), (["text/html"], false),
      (["application/xml, text/*"], false),
      (["*/*, application/json;q=0"], false), (["application/*;q=0, */*"], false), (["*/*;q=0"], false),
      (["application/json, */*;q=0"], true), (["application/problem+json"], false),
    ])
  func json(fields: [String], isAcceptable: Bool) {
    #expect(AcceptedTypes.include("application/json", fields) == isAcceptable)
  }
}

@Suite struct HTTPDateTests {
  @Test("A date is written as the example of the RFC is")
  func form() {
    #expect(HTTPDate.text(.init(timeIntervalSince1970: 784_111_777)) == "Sun, 06 Nov 1994 08:49:37 GMT")
  }
}
