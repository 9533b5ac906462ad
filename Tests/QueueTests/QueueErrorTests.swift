import Queue
import Redis
import Testing

@Suite("Queue error")
struct QueueErrorTests {
  @Test("Errors of Redis keep their meaning", arguments: Case.all)
  func conversion(expected: Case) {
    let converted = QueueError(expected.error)
    #expect(converted.code == expected.code)
    #expect(converted.isRetryable == expected.isRetryable)
    #expect(converted.outcomeIsUnknown == expected.isUnknown)
  }

  struct Case: Sendable {
    let error: RedisError
    let code: QueueError.Code
    let isRetryable: Bool
    let isUnknown: Bool

    init(_ error: RedisError.Code, _ detail: String, _ code: QueueError.Code, retryable: Bool, unknown: Bool)
    {
      self.error = RedisError(error, detail)
      self.code = code
      isRetryable = retryable
      isUnknown = unknown
    }

    static let all = [
      Case(.timedOut, "", .unavailable, retryable: true, unknown: true),
      Case(.connectionLost, "", .unavailable, retryable: true, unknown: true),
      Case(.notConnected, "", .unavailable, retryable: true, unknown: false),
      Case(.tooManyCommands, "", .unavailable, retryable: true, unknown: false),
      Case(.serverError, "LOADING Redis is loading", .unavailable, retryable: true, unknown: false),
      Case(.serverError, "OOM command not allowed", .outOfMemory, retryable: true, unknown: false),
      Case(.serverError, "ERR user_script:1: nonsense", .unexpectedReply, retryable: false, unknown: false),
      Case(.cancelled, "", .cancelled, retryable: false, unknown: true),
    ]
  }
}
