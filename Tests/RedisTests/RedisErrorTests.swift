import Testing

@testable import Redis

@Suite("A Redis error")
struct RedisErrorTests {
  @Test("keeps the prefix of a server's error line")
  func prefix() {
    #expect(RedisError(.serverError, "NOSCRIPT No matching script.").serverPrefix == "NOSCRIPT")
    #expect(RedisError(.serverError, "OOM").serverPrefix == "OOM")
    #expect(RedisError(.timedOut, "NOSCRIPT no").serverPrefix == nil)
  }

  @Test(
    "is worth a retry when the condition passes by itself",
    arguments: [
      (RedisError(.notConnected, ""), true), (RedisError(.connectionLost, ""), true),
      (RedisError(.timedOut, ""), true), (RedisError(.tooManyCommands, ""), true),
      (RedisError(.serverError, "LOADING Redis is loading"), true),
      (RedisError(.serverError, "OOM command not allowed"), true),
      (RedisError(.serverError, "READONLY You can't write"), true),
      (RedisError(.serverError, "WRONGTYPE Operation"), false), (RedisError(.shutDown, ""), false),
      (RedisError(.cancelled, ""), false), (RedisError(.protocolViolation, ""), false),
    ])
  func retryable(error: RedisError, expected: Bool) {
    #expect(error.isRetryable == expected)
  }

  @Test(
    "tells whether the command may have run",
    arguments: [
      (RedisError.Code.timedOut, true), (.connectionLost, true), (.cancelled, true),
      (.protocolViolation, true),
      (.notConnected, false), (.tooManyCommands, false), (.commandTooLarge, false), (.serverError, false),
      (.shutDown, false), (.invalidURL, false), (.unexpectedReply, false),
    ])
  func outcome(code: RedisError.Code, isUnknown: Bool) {
    #expect(RedisError(code, "").outcomeIsUnknown == isUnknown)
  }
}
