import Glibc

/// An instant in whole microseconds since 1970, the resolution of Postgres' `timestamptz`.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Negative before 1970.
  package let microsecondsSinceEpoch: Int64

  /// From the database's value.
  package init(microsecondsSinceEpoch: Int64) { self.microsecondsSinceEpoch = microsecondsSinceEpoch }

  /// From Redis' `TIME` and its like.
  package init(millisecondsSinceEpoch: Int64) { microsecondsSinceEpoch = millisecondsSinceEpoch * 1000 }

  /// The system's wall clock. For the borders of a program: rules take the time as a parameter.
  package static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(microsecondsSinceEpoch: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  /// In time order.
  package static func < (left: Self, right: Self) -> Bool {
    left.microsecondsSinceEpoch < right.microsecondsSinceEpoch
  }

  /// So much later.
  package static func + (left: Self, right: Duration) -> Timestamp {
    let (seconds, attoseconds) = right.components
    let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    return Timestamp(microsecondsSinceEpoch: left.microsecondsSinceEpoch + microseconds)
  }

  /// RFC 3339 in UTC with milliseconds, the finer digits cut: `2026-08-11T23:02:15.957Z`. Years have four digits.
  package var description: String {
    String(unsafeUninitializedCapacity: Self.textLength) { target in
      write(to: target)
      return Self.textLength
    }
  }

  /// Bytes of the text form.
  static let textLength = 24

  /// Writes the text form over the first `textLength` bytes.
  func write(to target: UnsafeMutableBufferPointer<UInt8>) {
    let milliseconds = Int(microsecondsSinceEpoch).flooredQuotient(1000)
    let days = milliseconds.flooredQuotient(86_400_000)
    let date = CivilDate(daysSinceEpoch: days)
    let time = milliseconds - days * 86_400_000
    var digits = DigitWriter(target: target)
    digits.write(date.year, count: 4, then: "-")
    digits.write(date.month, count: 2, then: "-")
    digits.write(date.day, count: 2, then: "T")
    digits.write(time / 3_600_000, count: 2, then: ":")
    digits.write(time / 60_000 % 60, count: 2, then: ":")
    digits.write(time / 1000 % 60, count: 2, then: ".")
    digits.write(time % 1000, count: 3, then: "Z")
  }
}

/// Writes numbers of a fixed width, each followed by a separator.
private struct DigitWriter {
  let target: UnsafeMutableBufferPointer<UInt8>
  var position = 0

  mutating func write(_ value: Int, count: Int, then separator: Unicode.Scalar) {
    var rest = value
    for index in stride(from: position + count - 1, through: position, by: -1) {
      target[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: abs(rest % 10))
      rest /= 10
    }
    target[position + count] = UInt8(ascii: separator)
    position += count + 1
  }
}

extension Int {
  /// Division that rounds towards minus infinity, as days before 1970 need it.
  fileprivate func flooredQuotient(_ divisor: Int) -> Int {
    self >= 0 ? self / divisor : (self - divisor + 1) / divisor
  }
}
