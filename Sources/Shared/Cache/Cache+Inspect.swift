package import Keyspace
internal import NIOCore
internal import Redis

extension Cache {
  /// Looks at everything stored of a group, for operators: it walks over all keys of the server in small steps.
  ///
  /// - Parameter progress: gets how many of about how many keys it has walked over.
  /// - Throws: `RedisError`.
  package func inspect(
    _ group: CacheGroup, progress: @Sendable (Int, Int) -> Void = { _, _ in }
  ) async throws -> CacheInspection {
    let (time, _) = try await server.redis.connection().askServer(timeout: settings.commandTimeout)
    // MGET takes a key of another type for missing, as all readers do.
    let record = try await server.redis.execute(RedisCommand("MGET", RedisArgument(keys.epoch(of: group))))
      .array?.first?.bytes.flatMap(EpochRecord.init)
    var fields: [CacheInspection.Field] = []
    var leases: [String] = []
    for key in try await server.keys(keys.pattern(of: group), progress).sorted() {
      switch keys.part(key, of: group) {
      case .value(let schema, let name):
        let field = try await server.inspect(key, name, schema, record, now: UInt64(clamping: time))
        if let field { fields.append(field) }
      case .lease(let name): leases.append(name)
      case .epoch, nil: break
      }
    }
    return CacheInspection(epoch: record?.epoch.text, floor: record?.floor, fields: fields, leases: leases)
  }
}

extension CacheServer {
  /// All keys that match, each once.
  fileprivate func keys(
    _ pattern: String, _ progress: (Int, Int) -> Void
  ) async throws(RedisError) -> Set<String> {
    let step = 1000
    let total = Int(try await redis.execute(RedisCommand("DBSIZE")).integer ?? 0)
    var keys: Set<String> = []
    var walked = 0
    var cursor = "0"
    repeat {
      let reply = try await redis.execute(
        RedisCommand(
          "SCAN", RedisArgument(cursor), "MATCH", RedisArgument(pattern), "COUNT", RedisArgument(step)))
      guard let parts = reply.array, parts.count == 2, let next = parts[0].string, let found = parts[1].array
      else { throw Self.unexpected("SCAN") }
      keys.formUnion(found.compactMap(\.string))
      cursor = next
      walked += step
      progress(min(walked, total), total)
    } while cursor != "0"
    return keys
  }

  /// Nil when it is gone meanwhile. Only the head is fetched.
  fileprivate func inspect(
    _ key: String, _ name: String, _ schema: Int, _ record: EpochRecord?, now: UInt64
  ) async throws(RedisError) -> CacheInspection.Field? {
    let key = RedisArgument(key)
    let replies = try await redis.pipeline([
      RedisCommand("GETRANGE", key, 0, RedisArgument(CacheEntry.headLength - 1)), RedisCommand("STRLEN", key),
      RedisCommand("PTTL", key),
    ])
    guard let left = replies[2].integer, left != -2 else { return nil }
    var head = replies[0].bytes ?? ByteBuffer()
    let header = CachedValueHeader(readingHead: &head).map { header in
      CacheInspection.Header(
        carriesEpoch: header.epoch == record?.epoch, status: Int(header.status), form: header.form,
        bodyBytes: Int(header.bodyLength), age: .milliseconds(header.age(at: now)), lsn: header.lsn,
        owner: header.owner.isEmpty ? nil : header.owner, etag: header.contentHash.etag(header.form))
    }
    return CacheInspection.Field(
      name: name, schema: schema, storedBytes: Int(replies[1].integer ?? 0),
      left: left < 0 ? nil : .milliseconds(left), header: header)
  }
}
