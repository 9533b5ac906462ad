internal import Keyspace
internal import Redis

extension Cache {
  /// Looks at the watermark, and asks the server for its name anew.
  ///
  /// - Throws: `RedisError`.
  package func watermark() async throws -> CacheWatermark {
    try await server.watermark(keys.watermark, timeout: settings.commandTimeout)
  }

  /// Since the moment up to which everything that was committed is known to be invalidated; nil when hits do not count,
  /// and with the cache switched off.
  ///
  /// - Throws: `RedisError`.
  package func fenceAge() async throws -> Duration? {
    guard settings.mode != .off else { return nil }
    let watermark = try await watermark()
    return watermark.distrust == nil ? max(.zero, settings.stalenessBound - watermark.left) : nil
  }
}

extension CacheServer {
  func watermark(_ key: String, timeout: Duration) async throws(RedisError) -> CacheWatermark {
    let connection = try redis.connection()
    let (time, name) = try await connection.askServer(timeout: timeout)
    clock.observe(time)
    let replies = try await connection.pipeline(
      [RedisCommand("PTTL", RedisArgument(key)), RedisCommand("GET", RedisArgument(key))], timeout: timeout)
    let (left, text) = (try replies[0].get(), try replies[1].get())
    return CacheWatermark(
      server: name, text: text.string, left: .milliseconds(max(0, left.integer ?? 0)),
      distrust: CacheDistrust(watermark: text.bytes, server: name))
  }
}
