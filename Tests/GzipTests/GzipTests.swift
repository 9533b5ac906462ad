import Foundation
import NIOCore
import TestSupport
import Testing

@testable import Gzip

@Suite struct GzipTests {
  private static let page = ByteBuffer(
    string: (0..<200).map { #"{"position":\#($0),"role":"user","content":"Grüße, number \#($0 * 7919)"}"# }
      .joined(separator: ","))

  @Test(
    "What was packed is unpacked again, whatever its length",
    arguments: [0, 1, 17, 1024, 15_000, 70_000, 1 << 20])
  func roundTrip(length: Int) throws {
    let noise = ByteBuffer(bytes: (0..<length).map { _ in UInt8.random(in: 0...255) })
    let even = ByteBuffer(repeating: 0x20, count: length)
    for plain in [noise, even] {
      let packed = Gzip.compress(plain)
      #expect(Gzip.plainLength(of: packed) == length)
      #expect(Gzip.decompress(packed, limit: length) == plain)
    }
  }

  @Test("The same bytes are packed into the same bytes, also by a stream that did other work before")
  func deterministic() {
    let first = Gzip.compress(Self.page)
    _ = Gzip.compress(ByteBuffer(string: "something else"))
    #expect(Gzip.compress(Self.page) == first)
    #expect(Deflater().compress(Self.page) == first)
  }

  @Test("A page of messages becomes a third of its size")
  func ratio() {
    #expect(Gzip.compress(Self.page).readableBytes * 3 < Self.page.readableBytes)
  }

  @Test("The whole machine understands it", arguments: [["-dc"], ["-t"]])
  func foreignReader(arguments: [String]) throws {
    let output = try GzipProgram.run(arguments, Data(Gzip.compress(Self.page).readableBytesView))
    #expect(ByteBuffer(bytes: output) == (arguments == ["-dc"] ? Self.page : ByteBuffer()))
  }

  @Test("What another program packed is unpacked", arguments: [["-1c"], ["-9c"]])
  func foreignWriter(arguments: [String]) throws {
    let packed = try GzipProgram.run(arguments, Data(Self.page.readableBytesView))
    #expect(Gzip.decompress(ByteBuffer(bytes: packed), limit: Self.page.readableBytes) == Self.page)
  }

  @Test("Nothing is unpacked beyond the limit, whatever the trailer says")
  func bomb() {
    let packed = Gzip.compress(ByteBuffer(repeating: 0, count: 10 << 20))
    #expect(packed.readableBytes < 64 << 10)
    #expect(Gzip.decompress(packed, limit: (10 << 20) - 1) == nil)
    var lying = packed
    lying.setInteger(100, at: lying.writerIndex - 4, endianness: .little, as: UInt32.self)
    #expect(Gzip.decompress(lying, limit: 1000) == nil)
  }

  @Test("Damaged, cut off, prolonged and foreign bytes are refused, each of them")
  func damage() {
    let packed = Gzip.compress(Self.page)
    let limit = Self.page.readableBytes
    for length in 0..<packed.readableBytes {
      #expect(Gzip.decompress(packed.getSlice(at: 0, length: length) ?? packed, limit: limit) == nil)
    }
    // The head's time and system mean nothing to the content.
    for position in 18..<packed.readableBytes {
      var damaged = packed
      damaged.setInteger(packed.getInteger(at: position, as: UInt8.self).map { ~$0 } ?? 0, at: position)
      #expect(Gzip.decompress(damaged, limit: limit) == nil, "byte \(position)")
    }
    for suffix in ["x", "\u{0}\u{0}\u{0}\u{0}"] {
      var prolonged = packed
      prolonged.writeString(suffix)
      #expect(Gzip.decompress(prolonged, limit: 4 * limit) == nil)
    }
    var twice = packed
    twice.writeImmutableBuffer(packed)
    #expect(Gzip.decompress(twice, limit: 4 * limit) == nil)
    #expect(Gzip.decompress(ByteBuffer(string: #"{"items":[]}"#), limit: limit) == nil)
  }

  @Test("Many may pack at once")
  func concurrent() async {
    let expected = Gzip.compress(Self.page)
    await withTaskGroup { group in
      for _ in 0..<64 { group.addTask { Gzip.compress(Self.page) == expected } }
      for await isEqual in group { #expect(isEqual) }
    }
  }
}
