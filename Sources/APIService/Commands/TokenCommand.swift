import ArgumentParser
import Conversations
import Foundation
import Settings

/// Mints a JWT with `JWT_SECRET`, for local use and tests.
struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Print a JWT signed with JWT_SECRET, for local use and tests.")

  @Option(help: "The user id, the token's sub.")
  var user: String

  @Option(help: "What the token allows: user, service or admin.")
  var role: PrincipalRole = .user

  @Option(help: "Seconds until it expires.")
  var ttl: Int = 3600

  /// Ten years.
  private static let longest = 315_360_000

  func validate() throws {
    guard UserID(user) != nil else {
      throw ValidationError("--user: expected 1 to 128 characters of A-Z a-z 0-9 . _ : | @ + = -")
    }
    guard (1...Self.longest).contains(ttl) else {
      throw ValidationError("--ttl: expected 1 to \(Self.longest) seconds")
    }
  }

  func run() async throws {
    let reader = try await SettingsReader()
    let secret = IdentitySettings.requiredSecret(reader)
    try reader.finish()
    guard let secret, let user = UserID(user) else { return }
    let mint = try await TokenMint(settings: IdentitySettings(reader: reader), secret: secret)
    print(try mint.token(user: user, role: role, expires: Date().addingTimeInterval(Double(ttl))))
  }
}

extension PrincipalRole: ExpressibleByArgument {}
