import Testing

@testable import Conversations

@Suite struct TimeOrderedUUIDsTests {
  private static let time = Timestamp(millisecondsSinceEpoch: 0x0199_0203_0405)

  @Test("An id tells its millisecond, version 7 and the RFC's variant")
  func layout() {
    var ids = TimeOrderedUUIDs(at: Self.time)
    let text = Array(ids.next().description)
    #expect(String(text[..<14]) == "01990203-0405-")
    #expect(text[14] == "7")
    #expect("89ab".contains(text[19]))
  }

  @Test("Each id is greater than the one before, whatever was drawn")
  func ascending() {
    var generator = Highest()
    var ids = TimeOrderedUUIDs(at: Self.time, using: &generator)
    let made = (0..<10_000).map { _ in ids.next() }
    #expect(made == made.sorted())
    #expect(Set(made).count == made.count)
    #expect(made.allSatisfy { $0.low >> 62 == 0b10 && $0.high == made[0].high })
  }

  @Test("Two series of one millisecond differ")
  func distinct() {
    let ids = (0..<200).map { _ in
      var series = TimeOrderedUUIDs(at: Self.time)
      return series.next()
    }
    #expect(Set(ids).count == 200)
  }

  @Test("A later millisecond sorts later; a time before 1970 is no obstacle")
  func time() {
    var early = TimeOrderedUUIDs(at: Self.time)
    var late = TimeOrderedUUIDs(at: Self.time + .milliseconds(1))
    var ancient = TimeOrderedUUIDs(at: Timestamp(millisecondsSinceEpoch: -5))
    #expect(early.next() < late.next())
    #expect(ancient.next() < early.next())
  }

  /// Draws nothing but ones.
  private struct Highest: RandomNumberGenerator {
    mutating func next() -> UInt64 { .max }
  }
}
