import Conversations
import HTTPTypes
import Hummingbird

extension Request {
  /// What an `Idempotency-Key` asks for; nil without one.
  func idempotent(
    as principal: Principal, route: String, _ body: [UInt8]
  ) throws(Problem) -> IdempotentRequest? {
    let keys = headers[values: .idempotencyKey]
    guard !keys.isEmpty else { return nil }
    let request = IdempotentRequest(
      key: keys[0], principal: principal.userID, role: principal.role, route: route, body: body)
    guard keys.count == 1, let request else {
      throw .badRequest(
        "invalid_idempotency_key", "send one Idempotency-Key of 1 to 255 visible ASCII characters")
    }
    return request
  }
}
