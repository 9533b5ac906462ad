import NIOCore
import TestSupport
import Testing

@testable import Cache

@Suite("CachedValueHeader")
struct CachedValueHeaderTests {
  private static func header(
    owner: String = "auth0|anna", summary: String = "7 true", lsn: UInt64? = 0xAB, body: Int = 4
  ) -> CachedValueHeader {
    CachedValueHeader(
      status: 404, flags: [.negative, .gzip], epoch: .random(), lsn: lsn, fillCost: 12,
      softTimeToLive: 240_000, timeToLive: 300_000, contentHash: ContentHash(of: ByteBuffer(string: "body")),
      owner: owner, summary: summary, bodyLength: UInt32(body))
  }

  private static func encoded(_ header: CachedValueHeader, body: String = "body") -> ByteBuffer {
    var buffer = ByteBuffer()
    header.write(to: &buffer)
    buffer.writeString(body)
    return buffer
  }

  @Test(
    "What is written is read, and the body is left", arguments: ["auth0|anna", ""], [0xAB, nil, UInt64.max])
  func roundTrip(owner: String, lsn: UInt64?) {
    let header = Self.header(owner: owner, summary: owner.isEmpty ? "" : "7 true", lsn: lsn)
    var buffer = Self.encoded(header)
    #expect(CachedValueHeader(reading: &buffer) == header)
    #expect(String(buffer: buffer) == "body")
  }

  @Test("The offsets that the scripts rely on")
  func offsets() {
    let header = Self.header()
    let buffer = Self.encoded(header)
    #expect(buffer.getBytes(at: 0, length: 4) == [70, 82, 83, 2])
    #expect(buffer.getString(at: 8, length: 32) == header.epoch.text)
    #expect(buffer.getString(at: 40, length: 16) == "00000000000000ab")
    #expect(buffer.getInteger(at: 56, as: UInt64.self) == 0)
    #expect(buffer.getInteger(at: 108, as: UInt32.self) == 10)
    #expect(buffer.getInteger(at: 112, as: UInt32.self) == 4)
    #expect(buffer.getInteger(at: 116, as: UInt32.self) == 6)
    #expect(buffer.getString(at: CachedValueHeader.length, length: 16) == "auth0|anna7 true")
  }

  @Test("Cut off anywhere, or with bytes behind it, it is nothing")
  func truncated() {
    let whole = Self.encoded(Self.header())
    for length in 0..<whole.readableBytes {
      var cut = whole.getSlice(at: 0, length: length) ?? whole
      #expect(CachedValueHeader(reading: &cut) == nil)
    }
    var longer = whole
    longer.writeString("x")
    #expect(CachedValueHeader(reading: &longer) == nil)
  }

  @Test(
    "Another magic, layout version, epoch, LSN or hash is nothing", arguments: [0, 3, 8, 39, 40, 55, 76, 107])
  func foreign(position: Int) {
    var buffer = Self.encoded(Self.header())
    buffer.setInteger(UInt8(ascii: "\n"), at: position)
    #expect(CachedValueHeader(reading: &buffer) == nil)
  }

  @Test("Lengths that lie do no harm", arguments: [108, 112, 116])
  func lengths(position: Int) {
    for length in [UInt32(0), 5, 1_000, .max] {
      var buffer = Self.encoded(Self.header())
      buffer.setInteger(length, at: position)
      #expect(CachedValueHeader(reading: &buffer) == nil)
    }
  }

  @Test("Random bytes are nothing")
  func noise() {
    var random = SplitMix64(seed: 1)
    for _ in 0..<2_000 {
      let size = Int.random(in: 0...300, using: &random)
      var buffer = ByteBuffer(
        bytes: [70, 82, 83, 2] + (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) })
      #expect(CachedValueHeader(reading: &buffer) == nil)
    }
  }

  @Test("Age, refresh and rest follow the time of creation; a creation in the future is age zero")
  func age() {
    var header = Self.header()
    header.createdAt = 1_000_000
    #expect(header.secondsLeft(at: 999_000) == 300)
    #expect(!header.isSoftExpired(at: 999_000))
    #expect(!header.isSoftExpired(at: 1_239_999))
    #expect(header.isSoftExpired(at: 1_240_000))
    #expect(header.secondsLeft(at: 1_240_000) == 60)
    #expect(header.secondsLeft(at: 1_300_000) == 0)
    #expect(header.secondsLeft(at: 9_000_000) == 0)
  }
}
