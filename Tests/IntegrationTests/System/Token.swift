import Crypto
import Foundation

/// JSON Web Tokens made here, so that wrong ones can be made too.
enum Token {
  /// One that is good for an hour.
  static func valid(for user: String, role: String? = nil, secret: String) -> String {
    var claims: [String: Any] = ["sub": user, "exp": Int(Date().timeIntervalSince1970) + 3600]
    claims["role"] = role
    return signed(claims, secret: secret)
  }

  /// Any claims, signed by HS256 whatever `algorithm` the header names.
  static func signed(_ claims: [String: Any], secret: String, algorithm: String = "HS256") -> String {
    let header = base64(try? JSON.bytes(["alg": algorithm, "typ": "JWT"]))
    let payload = base64(try? JSON.bytes(claims))
    let code = HMAC<SHA256>.authenticationCode(
      for: Data("\(header).\(payload)".utf8), using: SymmetricKey(data: Data(secret.utf8)))
    return "\(header).\(payload).\(base64(Data(code)))"
  }

  private static func base64(_ data: Data?) -> String {
    guard let data else { preconditionFailure("claims that are no JSON") }
    return data.base64EncodedString().replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
  }
}
