import Foundation
import TestSupport
import Testing

@testable import APIService

@Suite struct KeySetSourceTests {
  @Test(
    "Keys come by https, from this machine, or by http where that is allowed",
    arguments: [
      ("https://issuer.example/jwks.json", true, true),
      ("https://issuer.example:8443/jwks?tenant=1", true, true),
      ("http://issuer.example/jwks.json", false, true), ("http://localhost:9/jwks", true, true),
      ("http://127.0.0.1/jwks", true, true), ("http://[::1]:80/jwks", true, true),
      ("HTTPS://issuer.example", true, true),
      ("http://127.0.0.1.evil.example/", false, true), ("ftp://issuer.example/", false, false),
      ("file:///etc/passwd", false, false), ("issuer.example/jwks", false, false), ("", false, false),
      ("https://", false, false), ("https://user:pass@issuer.example/", false, false),
      ("https://issuer.example/#keys", false, false),
    ])
  func urls(url: String, isAllowed: Bool, isAllowedPlain: Bool) {
    for (allowsPlain, isAllowed) in [(false, isAllowed), (true, isAllowedPlain)] {
      let source = try? KeySetSource(url: url, allowsPlain: allowsPlain)
      #expect((source != nil) == isAllowed)
    }
  }

  @Test("A set is fetched as it is at that moment")
  func fetch() async throws {
    let json = try SigningKey.set([try await TestKeys.key(.p256).jwk("k")])
    let server = try await HTTPStub.start(.body(json))
    #expect(try await Self.source(server).fetch()["k"] != nil)
    server.answer(.body(json.replacing(#""k""#, with: #""l""#)))
    #expect(try await Self.source(server).fetch()["l"] != nil)
    try await server.stop()
    await #expect(throws: KeySetError.self) { try await Self.source(server).fetch() }
  }

  @Test("A redirect is not followed")
  func redirect() async throws {
    let json = try SigningKey.set([try await TestKeys.key(.p256).jwk("k")])
    let elsewhere = try await HTTPStub.start(.body(json))
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect"] {
      let server = try await HTTPStub.start(.body("", status: status, "Location: \(elsewhere.base)/\r\n"))
      await #expect(throws: KeySetError.self) { try await Self.source(server).fetch() }
      try await server.stop()
    }
    #expect(elsewhere.requests == 0)
    try await elsewhere.stop()
  }

  @Test("Whoever does not answer, or drips, is given up; and so is an answer that is none of ours")
  func badAnswers() async throws {
    let tooLong = String(repeating: " ", count: 1 << 20) + "{}"
    let replies: [HTTPStub.Reply] = [
      .silence, .drip, .body("", status: "500 Oops"), .body("{}", status: "404 Not Found"), .body("<html>"),
      .body(tooLong), .bytes("nonsense\r\n\r\n"), .bytes(""),
      .bytes("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
    ]
    let server = try await HTTPStub.start(.silence)
    for reply in replies {
      server.answer(reply)
      let start = ContinuousClock.now
      await #expect(throws: KeySetError.self) {
        try await Self.source(server).fetch(within: .milliseconds(300))
      }
      #expect(ContinuousClock.now - start < .seconds(5))
    }
    try await server.stop()
  }

  @Test("A file is read as it is at that moment; one that is missing, too long or no set is an error")
  func files() async throws {
    let path = "\(try TemporaryFolder.create("keys"))/jwks.json"
    let source = KeySetSource.file(path)
    await #expect(throws: KeySetError.self) { try await source.fetch() }
    let json = try SigningKey.set([try await TestKeys.key(.p256).jwk("k")])
    for (text, isGood) in [
      (json, true), ("{}", false), (String(repeating: " ", count: 1 << 20) + json, false),
    ] {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let key = try? await source.fetch()["k"]
      #expect((key != nil) == isGood)
    }
    await #expect(throws: KeySetError.self) { try await KeySetSource.file("/").fetch() }
  }

  private static func source(_ server: HTTPStub) throws -> KeySetSource {
    try KeySetSource(url: "\(server.base)/jwks.json", allowsPlain: false)
  }
}
