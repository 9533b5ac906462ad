/// ISO 8601 as providers write it: `T` or a space between date and time, any number of fraction digits, `Z`, `±hh`,
/// `±hhmm`, `±hh:mm` or no zone, which means UTC; a date alone is its midnight.
struct ISOTimeParser {
  private let bytes: [UInt8]
  private var position = 0

  /// Nil for anything else, days the calendar does not have included.
  static func parse(_ text: some StringProtocol) -> Timestamp? {
    guard text.utf8.count <= 64 else { return nil }
    var parser = ISOTimeParser(bytes: Array(text.utf8))
    return parser.timestamp()
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func timestamp() -> Timestamp? {
    guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
      let date = CivilDate(year: year, month: month, day: day)
    else { return nil }
    var microseconds = date.daysSinceEpoch * 86_400_000_000
    if position < bytes.count {
      guard take("T") || take("t") || take(" "), let time = timeOfDay(), let offset = zoneSeconds() else {
        return nil
      }
      microseconds += time - offset * 1_000_000
    }
    return position == bytes.count ? Timestamp(microsecondsSinceEpoch: Int64(microseconds)) : nil
  }

  /// In microseconds. Seconds are optional; 60 is a leap second and runs into the next minute.
  private mutating func timeOfDay() -> Int? {
    guard let hour = number(2), hour < 24, take(":"), let minute = number(2), minute < 60 else { return nil }
    var microseconds = (hour * 60 + minute) * 60_000_000
    guard take(":") else { return microseconds }
    guard let second = number(2), second <= 60 else { return nil }
    microseconds += second * 1_000_000
    guard take(".") || take(",") else { return microseconds }
    guard let fraction = fraction() else { return nil }
    return microseconds + fraction
  }

  private mutating func fraction() -> Int? {
    let start = position
    var microseconds = 0
    var weight = 100_000
    while let digit = digit() {
      microseconds += digit * weight
      weight /= 10
    }
    return position > start ? microseconds : nil
  }

  /// Seconds east of UTC.
  private mutating func zoneSeconds() -> Int? {
    if position == bytes.count || take("Z") || take("z") { return 0 }
    let isWest = take("-")
    guard isWest || take("+"), let hours = number(2), hours < 24 else { return nil }
    var minutes = 0
    if take(":") || position < bytes.count {
      guard let given = number(2), given < 60 else { return nil }
      minutes = given
    }
    return (isWest ? -1 : 1) * (hours * 3600 + minutes * 60)
  }

  private mutating func number(_ count: Int) -> Int? {
    var value = 0
    for _ in 0..<count {
      guard let digit = digit() else { return nil }
      value = value * 10 + digit
    }
    return value
  }

  private mutating func digit() -> Int? {
    guard position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 else { return nil }
    position += 1
    return Int(bytes[position - 1] - UInt8(ascii: "0"))
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: scalar) else { return false }
    position += 1
    return true
  }
}
