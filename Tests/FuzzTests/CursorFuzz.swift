import Crypto
import TestSupport
import Testing

@testable import Conversations

/// Cursors: as strangers make them, and with contents that only we could have signed.
struct CursorFuzz: FuzzTarget {
  let name = "cursors"
  let dictionary = [
    "01", "00", "ff", "7f", "0000000000000000", "ffffffffffffffff", "000000007fffffff", "Z", "é", "\0",
  ]
  let seeds: [[UInt8]]

  private static let secret = [UInt8](repeating: 7, count: 32)
  private static let scope = CursorScope.messages(of: UserID(stored: "auth0|anna"))
  private let sealer = CursorSealer(secret: secret, scope: scope)

  init() {
    let id = ConversationID(UUIDValue(high: 1, low: 2))
    let keysets: [Keyset] = [
      .message(position: 0), .message(position: Int(Int32.max)),
      .conversation(createdAt: Timestamp(microsecondsSinceEpoch: -1), id),
      .history(createdAt: Timestamp(microsecondsSinceEpoch: 1_800_000_000_000_000), id, position: 4999),
    ]
    seeds = keysets.map { Array(CursorSealer(secret: Self.secret, scope: Self.scope).seal($0).utf8) }
  }

  func take(_ input: [UInt8], _ random: inout SplitMix64) throws -> FuzzOutcome {
    let isSigned = random.number(0...3) > 0
    let cursor = isSigned ? Self.signed(input) : String(decoding: input, as: UTF8.self)
    guard let keyset = sealer.open(cursor) else { return .refused(isSigned ? "signed" : "unsigned") }
    guard sealer.seal(keyset) == cursor else {
      throw FuzzFinding(description: "\(cursor) and \(sealer.seal(keyset)) both lead to \(keyset)")
    }
    guard isSigned || seeds.contains(input) else {
      throw FuzzFinding(description: "\(cursor) was not signed and leads to \(keyset)")
    }
    return .accepted("\(keyset)".prefix { $0 != "(" }.description)
  }

  /// The content of the cursor as it is, with a signature that is right.
  private static func signed(_ input: [UInt8]) -> String {
    let digits = input.prefix(max(0, input.count - 64)).filter { Character(UnicodeScalar($0)).isHexDigit }
    let content = stride(from: 0, to: digits.count - digits.count % 2, by: 2).map { start in
      UInt8(String(decoding: digits[start..<start + 2], as: UTF8.self), radix: 16) ?? 0
    }
    let code = HMAC<SHA256>.authenticationCode(
      for: Array(scope.text.utf8) + [0] + content, using: SymmetricKey(data: secret))
    return (content + code).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

extension FuzzTests {
  @Test("No cursor leads anywhere unless it was signed for this list, and none has a second spelling")
  func cursors() async throws {
    var fuzzer = try Fuzzer(CursorFuzz())
    try await fuzzer.run()
  }
}
