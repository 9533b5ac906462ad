import Foundation
import Testing

@testable import Conversations

@Suite("Timestamps")
struct TimestampTests {
  @Test(
    "Provider's forms are understood",
    arguments: [
      ("2026-08-11T23:02:15.957838Z", 1_786_489_335_957_838),
      ("2026-08-12T04:32:16+05:30", 1_786_489_336_000_000),
      ("2026-08-11T23:02:17Z", 1_786_489_337_000_000),
      ("2026-08-11T23:02:18.123456789Z", 1_786_489_338_123_456),
      ("2026-08-11T23:02:19.5", 1_786_489_339_500_000), ("2026-08-11 23:02:20.824457", 1_786_489_340_824_457),
      ("2026-08-11t18:02:15-0500", 1_786_489_335_000_000), ("2026-08-11T23:02:15+00", 1_786_489_335_000_000),
      ("2026-08-11T23:02", 1_786_489_320_000_000), ("2026-08-11", 1_786_406_400_000_000),
      ("2026-08-11T23:02:15,25Z", 1_786_489_335_250_000), ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
      ("2016-12-31T23:59:60Z", 1_483_228_800_000_000), ("1970-01-01T00:00:00Z", 0), ("0", 0),
      ("1786505572.3161497", 1_786_505_572_316_150), ("1786505573", 1_786_505_573_000_000),
      ("1786505572316", 1_786_505_572_316_000), (" 1786505573 ", 1_786_505_573_000_000),
      ("1.786505573e9", 1_786_505_573_000_000),
      ("99999999", 99_999_999_000_000), ("100000000000", 100_000_000_000_000),
      ("2100-12-31T23:59:59Z", 4_133_980_799_000_000),
    ] as [(String, Int64)])
  func provider(_ text: String, _ microseconds: Int64) {
    #expect(Timestamp(providerText: text)?.microsecondsSinceEpoch == microseconds)
  }

  @Test(
    "Nonsense and times outside 1970–2100 are no time",
    arguments: [
      "", " ", "soon", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-08-11T24:00:00Z",
      "2026-08-11T23:60:00Z", "2026-08-11T23:02:61Z", "2026-08-11T23:02:15.Z", "2026-08-11T23:02:15+5",
      "2026-08-11T23:02:15Zx",
      "2026-08-11T", "1969-12-31T23:59:59Z", "2101-01-01T00:00:00Z", "-1", "1e400", "nan", "inf", "0x10",
      "1e14", "1786505572316000",
      "99999999999", "--1", "1970-01-01T00:00:00+01:00", "２０２６-08-11",
    ])
  func nonsense(_ text: String) {
    #expect(Timestamp(providerText: text) == nil)
  }

  @Test(
    "Written in UTC with milliseconds, finer digits cut",
    arguments: [
      (1_786_489_335_957_838, "2026-08-11T23:02:15.957Z"), (0, "1970-01-01T00:00:00.000Z"),
      (-1, "1969-12-31T23:59:59.999Z"), (951_782_399_999_999, "2000-02-28T23:59:59.999Z"),
      (951_782_400_000_000, "2000-02-29T00:00:00.000Z"), (4_107_542_400_000_000, "2100-03-01T00:00:00.000Z"),
      (-62_135_596_800_000_000, "0001-01-01T00:00:00.000Z"),
    ] as [(Int64, String)])
  func description(_ microseconds: Int64, _ text: String) {
    #expect(Timestamp(microsecondsSinceEpoch: microseconds).description == text)
  }

  @Test("Every day from 1970 to 2100 reads back, and a sample agrees with Foundation")
  func calendar() throws {
    for day in 0..<47_846 {
      let timestamp = Timestamp(millisecondsSinceEpoch: Int64(day) * 86_400_000 + 45_296_789)
      #expect(Timestamp(providerText: timestamp.description) == timestamp)
      guard day % 97 == 0 else { continue }
      let date = Date(timeIntervalSince1970: Double(day) * 86_400 + 45_296)
      #expect(timestamp.description == date.formatted(.iso8601).replacing("Z", with: ".789Z"))
    }
  }

  @Test("Adding a duration moves by it")
  func adding() {
    let start = Timestamp(millisecondsSinceEpoch: 1000)
    #expect(start + .seconds(300) == Timestamp(millisecondsSinceEpoch: 301_000))
    #expect(start + .microseconds(-1) == Timestamp(microsecondsSinceEpoch: 999_999))
  }

  @Test("Now is now")
  func now() {
    let seconds = Double(Timestamp.now().microsecondsSinceEpoch) / 1_000_000
    #expect(abs(seconds - Date().timeIntervalSince1970) < 60)
  }
}
