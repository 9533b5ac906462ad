/// Makes version 7 UUIDs (RFC 9562), each greater than the one before: rows that come together lie together in an index,
/// where random ids would touch one page each.
///
/// The random bits are drawn once and counted up from there (the RFC's method 2). Unique, not secret: one id tells the
/// next.
package struct TimeOrderedUUIDs: Sendable {
  private let high: UInt64
  private var low: UInt64

  /// Of the millisecond that `time` lies in, before 1970 as of 1970.
  package init(at time: Timestamp) {
    var generator = SystemRandomNumberGenerator()
    self.init(at: time, using: &generator)
  }

  init(at time: Timestamp, using generator: inout some RandomNumberGenerator) {
    let milliseconds = UInt64(max(0, time.microsecondsSinceEpoch / 1000))
    let random: UInt64 = generator.next() & 0xFFF
    high = milliseconds << 16 | 0x7000 | random
    // The counter's highest bit is left clear, so that it never runs into the variant.
    let start: UInt64 = generator.next() >> 3
    low = 0b10 << 62 | start
  }

  /// A new id.
  package mutating func next() -> UUIDValue {
    low += 1
    return UUIDValue(high: high, low: low)
  }
}
