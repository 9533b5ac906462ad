import Conversations
import Crypto
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import APIService

/// Bearer tokens: as strangers make them, and with headers and claims that carry a signature that is right. A case is a
/// header and claims with a line end between them, or a token as it is.
struct TokenFuzz: FuzzTarget {
  let name = "tokens"
  let dictionary = [
    "{", "}", "[", "]", ",", ":", "\"", "null", "true", "\"alg\":\"HS256\"", "\"alg\":\"none\"",
    "\"alg\":\"RS256\"",
    "\"crit\":[\"exp\"]", "\"kid\":\"k\"", "\"sub\":\"u\"", "\"exp\":1800000100", "\"nbf\":1800000061",
    "\"iss\":\"i\"",
    "\"aud\":[\"a\"]", "\"role\":\"admin\"", "\"role\":[\"admin\"]", "1e400", "-1", "1800000000.5", "\\u0000",
    "\\ud800",
    "\n", ".", "..", "=", "eyJhbGciOiJub25lIn0", "auth0|anna", String(repeating: "[", count: 600),
  ]
  let seeds = [
    "{\"alg\":\"HS256\",\"typ\":\"JWT\"}\n{\"sub\":\"auth0|anna\",\"exp\":1800000100,\"role\":\"user\"}",
    "{\"alg\":\"HS256\"}\n{\"sub\":\"s\",\"exp\":1800000100,\"nbf\":1799999999,\"iat\":1,\"aud\":[\"a\",\"b\"],\"role\":\"service\"}",
    "{\"alg\":\"none\"}\n{\"sub\":\"u\",\"exp\":1800000100}", "{\"alg\":\"HS256\",\"crit\":[]}\n{}", "a.b.c",
    "",
  ].map { Array($0.utf8) }

  private static let secret = "0123456789abcdef0123456789abcdef"
  private static let now = Date(timeIntervalSince1970: 1_800_000_000)
  private let verifier: TokenVerifier

  init() async throws {
    var settings = IdentitySettings()
    settings.secret = Self.secret
    verifier = try await TokenVerifier(settings: settings)
  }

  func take(_ input: [UInt8], _ random: inout SplitMix64) async throws -> FuzzOutcome {
    let parts = input.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      return try await take(String(decoding: input, as: UTF8.self), isSigned: false)
    }
    let text = "\(Base64URL.encode(Data(parts[0]))).\(Base64URL.encode(Data(parts[1])))"
    let isSigned = random.number(0...7) > 0
    let key = SymmetricKey(data: Data((isSigned ? Self.secret : String(Self.secret.reversed())).utf8))
    let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)
    return try await take("\(text).\(Base64URL.encode(Data(code)))", isSigned: isSigned)
  }

  private func take(_ token: String, isSigned: Bool) async throws -> FuzzOutcome {
    let principal: Principal
    do { principal = try await verifier.verify(token, now: Self.now) } catch {
      guard error.status == .unauthorized else { throw FuzzFinding(description: "\(error) is no 401") }
      return .refused(error.detail)
    }
    guard isSigned, UserID(principal.userID.description) != nil else {
      throw FuzzFinding(description: "\(token) was accepted as \(principal)")
    }
    return .accepted("\(principal.role)")
  }
}

extension FuzzTests {
  @Test(
    "No token is accepted whose signature is not ours, and whatever is signed is judged or refused with a 401"
  )
  func tokens() async throws {
    var fuzzer = try Fuzzer(try await TokenFuzz())
    try await fuzzer.run()
  }
}
