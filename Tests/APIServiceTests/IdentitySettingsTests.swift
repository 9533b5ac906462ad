import Settings
import TestSupport
import Testing

@testable import APIService

@Suite struct IdentitySettingsTests {
  private static let secret = String(repeating: "s", count: 32)
  private static let signingSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

  @Test(
    "Tokens need a secret, or keys, or both; what is wrong is named",
    arguments: [
      ([:], ["JWT_SECRET"]), (["JWT_SECRET": secret], []), (["JWT_SECRET": "short"], ["JWT_SECRET"]),
      (["JWT_JWKS_URL": "https://issuer.example/jwks"], []), (["JWT_JWKS_FILE": "/keys"], []),
      (["JWT_SECRET": secret, "JWT_JWKS_URL": "https://issuer.example/jwks"], []),
      (["JWT_JWKS_URL": "https://issuer.example/", "JWT_JWKS_FILE": "/keys"], ["JWT_JWKS_FILE"]),
      (["JWT_JWKS_URL": "http://issuer.example/"], ["JWT_JWKS_URL"]),
      (["JWT_JWKS_URL": "http://issuer.example/", "ALLOW_INSECURE": "true"], []),
      (["AUTH_MODE": "none", "JWT_SECRET": "short", "JWT_JWKS_URL": "x"], []),
      (["AUTH_MODE": "open"], ["AUTH_MODE"]),
      (["JWT_SECRET_FILE": "/nowhere"], ["JWT_SECRET_FILE"]),
    ] as [([String: String], [String])])
  func identity(environment: [String: String], problems: [String]) async throws {
    let reader = try await SettingsReader(environment: environment, environmentFile: nil)
    _ = IdentitySettings(reader: reader)
    #expect(reader.problems.map(\.name).filter { $0 != "JWT_SECRET" || problems.contains($0) } == problems)
  }

  @Test(
    "Webhooks need secrets that are some, in the form of their mode; those of another mode are not read",
    arguments: [
      ([:], ["WEBHOOK_TOKENS"]), (["WEBHOOK_TOKENS": "0123456789abcdef"], []),
      (["WEBHOOK_TOKENS": "0123456789abcde"], ["WEBHOOK_TOKENS"]),
      (["WEBHOOK_TOKENS": "x"], ["WEBHOOK_TOKENS"]),
      (["WEBHOOK_TOKENS": "0123456789abcdef,x"], ["WEBHOOK_TOKENS"]),
      (["WEBHOOK_TOKENS": " , "], ["WEBHOOK_TOKENS"]),
      (["WEBHOOK_AUTH": "none"], []), (["WEBHOOK_AUTH": "standard"], ["WEBHOOK_SIGNING_SECRETS"]),
      (["WEBHOOK_AUTH": "standard", "WEBHOOK_SIGNING_SECRETS": signingSecret, "WEBHOOK_TOKENS": "x"], []),
      (["WEBHOOK_AUTH": "standard", "WEBHOOK_SIGNING_SECRETS": "\(signingSecret), \(signingSecret)"], []),
      (
        ["WEBHOOK_AUTH": "standard", "WEBHOOK_SIGNING_SECRETS": "\(signingSecret),whsec_AAAA"],
        ["WEBHOOK_SIGNING_SECRETS"]
      ),
      (["WEBHOOK_AUTH": "both"], ["WEBHOOK_AUTH", "WEBHOOK_TOKENS"]),
      (["WEBHOOK_TOKENS_FILE": "/nowhere"], ["WEBHOOK_TOKENS_FILE"]),
    ] as [([String: String], [String])])
  func webhooks(environment: [String: String], problems: [String]) async throws {
    let reader = try await SettingsReader(environment: environment, environmentFile: nil)
    _ = WebhookSettings(reader: reader)
    #expect(reader.problems.map(\.name) == problems)
    for problem in reader.problems { #expect(!problem.detail.contains("whsec_AAAA")) }
  }
}
