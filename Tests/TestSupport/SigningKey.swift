package import Foundation

/// A key pair made by the program `openssl`, and tokens signed by it: no code of the product vouches for itself.
package struct SigningKey: Sendable {
  /// By the name of the algorithm of tokens.
  package enum Kind: String, Sendable, CaseIterable {
    case rsa = "RS256"
    case p256 = "ES256"
    case ed25519 = "EdDSA"
  }

  package let kind: Kind
  /// The private key's file, in PEM.
  package let path: String
  private let publicKey: Data
  private let modulus: Data

  /// - Parameter bits: of an RSA key.
  package static func make(_ kind: Kind, bits: Int = 2048) async throws -> SigningKey {
    let path = "\(try TemporaryFolder.create("key"))/key.pem"
    let form =
      switch kind {
      case .rsa: ["RSA", "-pkeyopt", "rsa_keygen_bits:\(bits)"]
      case .p256: ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
      case .ed25519: ["ED25519"]
      }
    _ = try await openssl(["genpkey", "-out", path, "-algorithm"] + form)
    _ = try await openssl(["pkey", "-in", path, "-pubout", "-outform", "DER", "-out", "\(path).pub"])
    var modulus = Data()
    if kind == .rsa {
      let text = try await openssl(["rsa", "-in", path, "-noout", "-modulus"])
      modulus = Data(hexadecimal: text.joined().replacing("Modulus=", with: ""))
    }
    return SigningKey(
      kind: kind, path: path, publicKey: try Data(contentsOf: URL(fileURLWithPath: "\(path).pub")),
      modulus: modulus)
  }

  /// The public key in PEM, as anybody may have it.
  package func publicPEM() async throws -> String {
    try await Self.openssl(["pkey", "-in", path, "-pubout"]).joined(separator: "\n") + "\n"
  }

  /// The public key as a member of a JWK Set. The numbers stand at the end of the key's public form.
  package func jwk(_ id: String, _ more: [String: String] = [:]) -> [String: String] {
    let members =
      switch kind {
      case .rsa: ["kty": "RSA", "n": Self.base64(modulus), "e": "AQAB"]
      case .p256:
        [
          "kty": "EC", "crv": "P-256", "x": Self.base64(publicKey.suffix(64).prefix(32)),
          "y": Self.base64(publicKey.suffix(32)),
        ]
      case .ed25519: ["kty": "OKP", "crv": "Ed25519", "x": Self.base64(publicKey.suffix(32))]
      }
    return members.merging(["kid": id, "use": "sig"]) { $1 }.merging(more) { $1 }
  }

  /// A token with these claims, signed by this key whatever its header says.
  package func token(_ claims: [String: Any], header: [String: Any]) async throws -> String {
    let parts = try [header, claims].map { Self.base64(try JSONSerialization.data(withJSONObject: $0)) }
    let text = parts.joined(separator: ".")
    return "\(text).\(Self.base64(try await sign(Data(text.utf8))))"
  }

  /// A good token of this key.
  package func token(_ claims: [String: Any], id: String) async throws -> String {
    try await token(claims, header: ["alg": kind.rawValue, "kid": id, "typ": "JWT"])
  }

  /// A JWK Set.
  package static func set(_ keys: [[String: String]]) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: ["keys": keys]), as: UTF8.self)
  }

  package static func base64(_ data: Data) -> String {
    data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  private func sign(_ text: Data) async throws -> Data {
    let folder = try TemporaryFolder.create("signature")
    let (input, output) = ("\(folder)/text", "\(folder)/signature")
    try text.write(to: URL(fileURLWithPath: input))
    let command =
      kind == .ed25519
      ? ["pkeyutl", "-sign", "-inkey", path, "-rawin", "-in", input, "-out", output]
      : ["dgst", "-sha256", "-sign", path, "-out", output, input]
    _ = try await Self.openssl(command)
    let signature = try Data(contentsOf: URL(fileURLWithPath: output))
    return kind == .p256 ? Self.plain(signature) : signature
  }

  /// The two numbers of a DER sequence, 32 bytes each, as tokens have them (RFC 7518, 3.4).
  private static func plain(_ der: Data) -> Data {
    var rest = Array(der)[2...]
    var numbers = Data()
    for _ in 0..<2 {
      let length = Int(rest[rest.startIndex + 1])
      let number = rest.dropFirst(2).prefix(length)
      rest = rest.dropFirst(2 + length)
      numbers += Data(repeating: 0, count: max(0, 32 - length)) + Data(number.suffix(32))
    }
    return numbers
  }

  private static func openssl(_ arguments: [String]) async throws -> [String] {
    let process = try ChildProcess("openssl", arguments)
    let exit = try await process.wait()
    try await process.waitForOutputEnd()
    guard exit == .code(0) else { throw TestSupportError("openssl \(arguments): \(process.lines)") }
    return process.lines
  }
}

extension Data {
  fileprivate init(hexadecimal text: String) {
    let digits = Array(text).compactMap(\.hexDigitValue)
    self.init(stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
  }
}
