internal import CHiredis
internal import NIOCore

/// Puts one reply together from hiredis's callbacks, straight into `RedisReply`: no C reply objects in
/// between.
///
/// hiredis walks a reply depth first, so a stack of unfinished arrays is all the state there is.
final class RedisReplyBuilder {
  private struct UnfinishedArray {
    var elements: [RedisReply]
    let count: Int
  }

  private var unfinished: [UnfinishedArray] = []
  private var finished: RedisReply?

  /// The finished reply, once.
  func take() -> RedisReply? {
    defer { finished = nil }
    return finished
  }

  fileprivate func add(_ item: RedisReply) {
    var item = item
    while let innermost = unfinished.indices.last {
      unfinished[innermost].elements.append(item)
      guard unfinished[innermost].elements.count == unfinished[innermost].count else { return }
      item = .array(unfinished.removeLast().elements)
    }
    finished = item
  }

  fileprivate func beginArray(count: Int) {
    guard count > 0 else { return add(.array([])) }
    var elements: [RedisReply] = []
    // The count is the peer's claim: memory is only spent on elements that arrive.
    elements.reserveCapacity(min(count, 1024))
    unfinished.append(UnfinishedArray(elements: elements, count: count))
  }
}

extension RedisReplyBuilder {
  /// The callbacks for `redisReaderCreateWithFunctions`, whose private data must be a builder.
  ///
  /// `nonisolated(unsafe)`: written once here and only read by hiredis.
  nonisolated(unsafe) static let functions: UnsafeMutablePointer<redisReplyObjectFunctions> = {
    let table = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
    table.initialize(
      to: redisReplyObjectFunctions(
        createString: { task, text, length in
          added(string(task, text, length), task)
        },
        createArray: { task, count in
          builder(task)?.beginArray(count: Int(count))
          return token
        },
        createInteger: { task, value in
          added(.integer(value), task)
        },
        createNil: { task in
          added(.null, task)
        },
        freeObject: { _ in }))
    return table
  }()

  /// hiredis takes NULL for out of memory, so every callback returns this instead; it is never followed.
  private static var token: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: 1) }

  private static func builder(_ task: UnsafePointer<redisReadTask>?) -> RedisReplyBuilder? {
    task?.pointee.privdata.map { Unmanaged<RedisReplyBuilder>.fromOpaque($0).takeUnretainedValue() }
  }

  private static func added(
    _ item: RedisReply, _ task: UnsafePointer<redisReadTask>?
  ) -> UnsafeMutableRawPointer? {
    builder(task)?.add(item)
    return token
  }

  private static func string(
    _ task: UnsafePointer<redisReadTask>?, _ text: UnsafeMutablePointer<CChar>?, _ length: Int
  ) -> RedisReply {
    let bytes = UnsafeRawBufferPointer(start: text, count: length)
    return switch task?.pointee.type {
    case REDIS_REPLY_STATUS: .status(String(decoding: bytes, as: UTF8.self))
    case REDIS_REPLY_ERROR: .error(String(decoding: bytes, as: UTF8.self))
    default: .bulk(ByteBuffer(bytes: bytes))
    }
  }
}
