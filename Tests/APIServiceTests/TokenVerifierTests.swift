import Conversations
import Crypto
import Foundation
import Testing

@testable import APIService

@Suite struct TokenVerifierTests {
  private static let secret = "0123456789abcdef0123456789abcdef"
  private static let header = #"{"alg":"HS256"}"#
  private static let now = Date(timeIntervalSince1970: 1_800_000_000)
  private static var settings: IdentitySettings {
    var settings = IdentitySettings()
    settings.secret = secret
    return settings
  }

  @Test("A minted token carries user and role", arguments: PrincipalRole.allCases)
  func roundTrip(role: PrincipalRole) async throws {
    let verifier = try await TokenVerifier(settings: Self.settings)
    let user = UserID(stored: "auth0|x")
    let mint = try await TokenMint(settings: Self.settings, secret: Self.secret)
    let token = try mint.token(user: user, role: role, expires: Self.now.addingTimeInterval(10))
    #expect(try await verifier.verify(token, now: Self.now) == Principal(userID: user, role: role))
  }

  @Test(
    "Claims are judged with a leeway of a minute",
    arguments: [
      (#"{"sub":"u","exp":1800000001}"#, true), (#"{"sub":"u","exp":1799999941}"#, true),
      (#"{"sub":"u","exp":1799999939}"#, false), (#"{"sub":"u"}"#, false),
      (#"{"sub":"u","exp":1800000001,"nbf":1800000059}"#, true),
      (#"{"sub":"u","exp":1800000001,"nbf":1800000061}"#, false), (#"{"exp":1800000001}"#, false),
      (#"{"sub":"not a user id","exp":1800000001}"#, false), (#"{"sub":"","exp":1800000001}"#, false),
      (#"{"sub":7,"exp":1800000001}"#, false), (#"{"sub":"u","exp":1800000001.5}"#, true),
      (#"[]"#, false), (#"{"sub":"u","exp":"1800000001"}"#, false),
    ])
  func claims(payload: String, isAccepted: Bool) async throws {
    #expect(await accepts(payload) == isAccepted)
  }

  @Test(
    "A claim, or a member of the header, that is there twice could be read in two ways, and is refused",
    arguments: [
      (header, #"{"sub":"u","exp":1800000001,"sub":"v"}"#, false),
      (header, #"{"sub":"u","exp":1800000001,"sub":"u"}"#, false),
      (header, #"{"sub":"u","exp":1800000001,"s\u0075b":"v"}"#, false),
      (header, #"{"\u0073ub":"u","exp":1800000001}"#, true),
      (header, #"{"sub":"u","exp":1,"exp":1800000001}"#, false),
      (header, #"{"sub":"u","exp":1800000001,"role":"user","role":"admin"}"#, false),
      (header, #"{"sub":"u","exp":1800000001,"unknown":1,"unknown":2}"#, false),
      (header, #"{"sub":"u","exp":1800000001,"act":{"sub":"v","sub":"w"}}"#, true),
      (#"{"alg":"HS256","alg":"HS256"}"#, #"{"sub":"u","exp":1800000001}"#, false),
      (#"{"alg":"none","\u0061lg":"HS256"}"#, #"{"sub":"u","exp":1800000001}"#, false),
      (#"{"alg":"HS256","kid":"a","kid":"b"}"#, #"{"sub":"u","exp":1800000001}"#, false),
    ])
  func repeated(header: String, payload: String, isAccepted: Bool) async throws {
    #expect(await accepts(payload, header: header) == isAccepted)
  }

  @Test(
    "An issuer and an audience that are asked for must be there",
    arguments: [
      (#"{"sub":"u","exp":1800000001,"iss":"i","aud":"a"}"#, true),
      (#"{"sub":"u","exp":1800000001,"iss":"i","aud":["b","a"]}"#, true),
      (#"{"sub":"u","exp":1800000001,"iss":"i","aud":["b"]}"#, false),
      (#"{"sub":"u","exp":1800000001,"iss":"j","aud":"a"}"#, false),
      (#"{"sub":"u","exp":1800000001}"#, false),
    ])
  func issuerAndAudience(payload: String, isAccepted: Bool) async throws {
    var settings = Self.settings
    settings.issuer = "i"
    settings.audience = "a"
    #expect(await accepts(payload, settings) == isAccepted)
  }

  @Test(
    "A role counts only when it is exactly service or admin",
    arguments: [
      (#""admin""#, PrincipalRole.admin), (#""service""#, .service), (#""Admin""#, .user),
      (#""root""#, .user),
      (#"["admin"]"#, .user), ("null", .user), ("1", .user),
    ])
  func roles(claim: String, role: PrincipalRole) async throws {
    let verifier = try await TokenVerifier(settings: Self.settings)
    let token = Self.sign(#"{"sub":"u","exp":1800000001,"role":\#(claim)}"#)
    #expect(try await verifier.verify(token, now: Self.now).role == role)
  }

  @Test(
    "Only HS256 without critical extensions is accepted, whatever the signature",
    arguments: [
      (#"{"alg":"HS256","typ":"JWT"}"#, true), (#"{"alg":"none"}"#, false), (#"{"alg":"HS384"}"#, false),
      (#"{"alg":"hs256"}"#, false), (#"{"alg":"RS256"}"#, false), (#"{}"#, false),
      (#"{"alg":"HS256","crit":["exp"],"exp":1}"#, false), (#"not json"#, false),
      (#"{"alg":"HS256","crit":[]}"#, false), (#"{"alg":"HS256","crit":null}"#, false),
      (#"{"alg":"HS256","kid":"any"}"#, true), (#"{"alg":"HS256","kid":7}"#, false),
      (#"{"alg":["HS256"]}"#, false),
      (#"{"alg":"EdDSA","kid":"a"}"#, false),
    ])
  func algorithms(header: String, isAccepted: Bool) async throws {
    #expect(await accepts(#"{"sub":"u","exp":1800000001}"#, header: header) == isAccepted)
  }

  @Test("A token that was accepted before is refused once it has expired")
  func expiry() async throws {
    let verifier = try await TokenVerifier(settings: Self.settings)
    let token = Self.sign(#"{"sub":"u","exp":1800000001}"#)
    for _ in 0..<2 { #expect(try await verifier.verify(token, now: Self.now).userID.text == "u") }
    await #expect(throws: Problem.self) {
      try await verifier.verify(token, now: Self.now.addingTimeInterval(61))
    }
  }

  @Test("A token that was tampered with, cut or signed by another key is refused")
  func tampering() async throws {
    let verifier = try await TokenVerifier(settings: Self.settings)
    let token = Self.sign(#"{"sub":"u","exp":1800000001}"#)
    let parts = token.split(separator: ".")
    let forged = [
      Self.sign(#"{"sub":"u","exp":1800000001}"#, secret: Self.secret + "!"),
      "\(parts[0]).\(Self.encode(#"{"sub":"v","exp":1800000001}"#)).\(parts[2])",
      "\(parts[0]).\(parts[1]).", "\(parts[0]).\(parts[1])", token + ".", "", "..",
      token + "=", token.replacing(".", with: ".\n"), "\(parts[0]).\(parts[1]).\(Self.respelt(parts[2]))",
      String(token.dropLast(3)), String(repeating: "a.", count: 5000),
    ]
    for candidate in forged {
      await #expect(throws: Problem.self) { try await verifier.verify(candidate, now: Self.now) }
    }
  }

  private func accepts(
    _ payload: String, _ settings: IdentitySettings = settings, header: String = #"{"alg":"HS256"}"#
  ) async -> Bool {
    do {
      let verifier = try await TokenVerifier(settings: settings)
      _ = try await verifier.verify(Self.sign(payload, header: header), now: Self.now)
      return true
    } catch { return false }
  }

  /// Signs by CryptoKit alone, so that the library under test is not its own judge.
  private static func sign(
    _ payload: String, header: String = #"{"alg":"HS256"}"#, secret: String = secret
  ) -> String {
    let message = "\(encode(header)).\(encode(payload))"
    let code = HMAC<SHA256>.authenticationCode(
      for: Data(message.utf8), using: SymmetricKey(data: Data(secret.utf8)))
    return "\(message).\(encode(Data(code)))"
  }

  /// The same bytes with other bits behind the last one, which a lenient decoder would not look at.
  private static func respelt(_ signature: Substring) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    let last = alphabet.firstIndex(of: signature.last ?? "A") ?? 0
    return signature.dropLast() + String(alphabet[last + 1])
  }

  private static func encode(_ text: String) -> String { encode(Data(text.utf8)) }

  private static func encode(_ data: Data) -> String {
    data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }
}
