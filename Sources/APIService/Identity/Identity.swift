import Conversations

/// How a request's principal is found: `AUTH_MODE`.
enum Identity: Sendable {
  /// `jwt`: a bearer token.
  case token(TokenVerifier)
  /// `none`: everyone is this principal; for local use only.
  case everyone(Principal)

  /// - Parameter authorization: The header's value.
  func authenticate(_ authorization: String?) async throws(Problem) -> Principal {
    switch self {
    case .everyone(let principal): return principal
    case .token(let verifier):
      guard let authorization else { throw .unauthorized("send Authorization: Bearer <token>") }
      guard let token = Self.bearer(authorization) else {
        throw .unauthorized("the Authorization header is not a bearer token")
      }
      return try await verifier.verify(token)
    }
  }

  /// RFC 6750: the scheme's case does not matter.
  private static func bearer(_ header: String) -> String? {
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    return String(parts[1])
  }
}
