internal import NIOCore

/// What precedes the body of every value in Redis: fixed offsets, big-endian, read by the scripts as well.
///
/// | offset | bytes | |
/// |--:|--:|---|
/// | 0 | 4 | `FRS` and the layout version, 2 |
/// | 4 | 2 | HTTP status |
/// | 6 | 2 | flags |
/// | 8 | 32 | epoch, hex |
/// | 40 | 16 | LSN of the read, hex; `?` sixteen times when unknown |
/// | 56 | 8 | created at, ms since 1970 by the clock of Redis: `fill.lua` writes it |
/// | 64 | 4 | what loading cost, ms |
/// | 68 | 4 | age at which it is refreshed, ms |
/// | 72 | 4 | age at which it is gone, ms |
/// | 76 | 32 | content hash, hex |
/// | 108 | 4 | length of the owner |
/// | 112 | 4 | length of the body |
/// | 116 | 4 | length of the summary |
/// | 120 | … | owner (the user id, empty = nobody), summary, then the body |
struct CachedValueHeader: Equatable, Sendable {
  /// Bits that say what the body is.
  struct Flags: OptionSet, Sendable {
    let rawValue: UInt16
    /// The body is gzip.
    static let gzip = Flags(rawValue: 1 << 0)
    /// The answer is that nothing is there.
    static let negative = Flags(rawValue: 1 << 1)
  }

  static let length = 120
  private static let magic: [UInt8] = Array("FRS".utf8) + [2]
  private static let unknownLSN = String(repeating: "?", count: 16)

  var status: UInt16
  var flags: Flags
  var epoch: CacheEpoch
  var lsn: UInt64?
  var createdAt: UInt64 = 0
  var fillCost: UInt32
  var softTimeToLive: UInt32
  var timeToLive: UInt32
  var contentHash: ContentHash
  var owner: String
  var summary: String
  var bodyLength: UInt32

  /// Writes header, owner and summary; the body is to follow.
  func write(to buffer: inout ByteBuffer) {
    buffer.writeBytes(Self.magic)
    buffer.writeMultipleIntegers(status, flags.rawValue)
    buffer.writeString(epoch.text)
    buffer.writeString(lsn?.lowercaseHex ?? Self.unknownLSN)
    buffer.writeMultipleIntegers(createdAt, fillCost, softTimeToLive, timeToLive)
    buffer.writeString(contentHash.text)
    buffer.writeMultipleIntegers(UInt32(owner.utf8.count), bodyLength, UInt32(summary.utf8.count))
    buffer.writeString(owner)
    buffer.writeString(summary)
  }

  /// Reads header, owner and summary and leaves the body, the whole body and nothing else, in `buffer`.
  ///
  /// - Returns: nil for foreign, cut off or overlong bytes.
  init?(reading buffer: inout ByteBuffer) {
    self.init(readingHead: &buffer)
    guard buffer.readableBytes == Int(bodyLength) else { return nil }
  }

  /// The same for the first bytes of a value: leaves as much of the body as there is.
  init?(readingHead buffer: inout ByteBuffer) {
    guard let header = buffer.withUnsafeReadableBytes({ CachedValueHeader($0) }) else { return nil }
    buffer.moveReaderIndex(forwardBy: Self.length + header.owner.utf8.count + header.summary.utf8.count)
    guard buffer.readableBytes <= Int(header.bodyLength) else { return nil }
    self = header
  }

  /// With owner and summary; what follows is not looked at.
  private init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= Self.length, bytes.prefix(4).elementsEqual(Self.magic),
      let epoch = CacheEpoch(bytes[8..<40]), let contentHash = ContentHash(bytes[76..<108])
    else { return nil }
    func number<Number: FixedWidthInteger>(_ offset: Int) -> Number {
      Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
    let ownerEnd = Self.length + Int(number(108) as UInt32)
    let summaryEnd = ownerEnd + Int(number(116) as UInt32)
    guard bytes.count >= summaryEnd else { return nil }
    let lsn = UInt64(lowercaseHex: bytes[40..<56])
    guard lsn != nil || bytes[40..<56].elementsEqual(Self.unknownLSN.utf8) else { return nil }
    let (owner, summary) = (bytes[Self.length..<ownerEnd], bytes[ownerEnd..<summaryEnd])
    self.init(
      status: number(4), flags: Flags(rawValue: number(6)), epoch: epoch, lsn: lsn, fillCost: number(64),
      softTimeToLive: number(68), timeToLive: number(72), contentHash: contentHash,
      owner: String(decoding: owner, as: UTF8.self), summary: String(decoding: summary, as: UTF8.self),
      bodyLength: number(112))
    createdAt = number(56)
    // Repaired text is none that we have written, and has another length.
    guard self.owner.utf8.count == owner.count, self.summary.utf8.count == summary.count else { return nil }
  }

  init(
    status: UInt16, flags: Flags, epoch: CacheEpoch, lsn: UInt64?, fillCost: UInt32, softTimeToLive: UInt32,
    timeToLive: UInt32, contentHash: ContentHash, owner: String, summary: String, bodyLength: UInt32
  ) {
    self.status = status
    self.flags = flags
    self.epoch = epoch
    self.lsn = lsn
    self.fillCost = fillCost
    self.softTimeToLive = softTimeToLive
    self.timeToLive = timeToLive
    self.contentHash = contentHash
    self.owner = owner
    self.summary = summary
    self.bodyLength = bodyLength
  }
}

extension CachedValueHeader {
  /// How old the value is; zero for a creation in the future, which a clock not yet compared can show.
  func age(at now: UInt64) -> UInt64 { now > createdAt ? now - createdAt : 0 }

  /// Whether the value is due for a refresh, while it is still good to serve.
  func isSoftExpired(at now: UInt64) -> Bool { age(at: now) >= UInt64(softTimeToLive) }

  /// Whole seconds that are left.
  func secondsLeft(at now: UInt64) -> Int {
    let age = age(at: now)
    return age < UInt64(timeToLive) ? Int((UInt64(timeToLive) - age) / 1000) : 0
  }
}
