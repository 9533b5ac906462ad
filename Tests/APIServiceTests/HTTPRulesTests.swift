import Testing

@testable import APIService
@testable import Cache

@Suite struct AcceptEncodingTests {
  @Test(
    "The codings a client accepts are those it gives weight, and the plain form unless it is refused",
    arguments: [
      ([], .plain), ([""], .plain), (["identity"], .plain), (["br, deflate"], .plain), (["gzip"], .either),
      (["gzip, deflate, br"], .either), (["GZIP"], .either), (["x-gzip"], .either),
      (["br", "gzip"], .either),
      (["br;q=1.0, gzip ; q=0.2"], .either), (["*"], .either), (["gzip;q=0.5, identity;q=0.5"], .either),
      (["gzip;q=0"], .plain), (["gzip;q=0.000, *"], .plain), (["gzip;q=0.5, identity"], .plain),
      (["gzip;q=0.3, identity;q=0.4"], .plain), (["*;q=0.3, identity;q=0.4"], .plain),
      (["identity;q=0, gzip"], .gzip), (["*;q=0, gzip"], .gzip), (["identity;q=0, *"], .gzip),
      (["identity, *;q=0"], .plain), (["identity;q=0"], nil), (["*;q=0"], nil),
      (["identity;q=0, gzip;q=0, br"], nil), (["gzip;q=nan"], .plain), (["gzip;q=1e0"], .plain),
      (["gzip;q=2"], .plain), (["gzip;q=-1"], .plain), (["gzip;q=0.0001"], .plain), ([";q=1,,gzip"], .either),
    ] as [([String], AcceptedForms?)])
  func forms(fields: [String], accepted: AcceptedForms?) {
    #expect(AcceptEncoding.forms(fields) == accepted)
  }
}

@Suite struct ServerTimingTests {
  @Test("Only what happened is told")
  func parts() {
    var times = ReadTimes()
    #expect(times.text(total: .milliseconds(2)) == "total;dur=2.0")
    times.lap(nil)
    #expect(times.text(total: .milliseconds(2)) == "total;dur=2.0")
    times.lap(.redis)
    #expect(times.text(total: .zero).wholeMatch(of: /redis;dur=[0-9.]+, total;dur=0.0/) != nil)
    times.lap(.database)
    #expect(
      times.text(total: .zero).wholeMatch(of: /redis;dur=[0-9.]+, database;dur=[0-9.]+, total;dur=0.0/) != nil
    )
  }

  @Test("The time of a part is what passed since the last one, and parts add up")
  func sum() throws {
    let start = ContinuousClock.now
    var times = ReadTimes()
    for _ in 0..<100 {
      times.lap(.redis)
      times.lap(.database)
    }
    let sum = try #require(times.redis) + (try #require(times.database))
    #expect(sum > .zero && sum <= ContinuousClock.now - start)
  }
}

@Suite struct RequestIDTests {
  @Test("A well-formed id is kept", arguments: ["a", "A-z_0.9", String(repeating: "x", count: 128)])
  func kept(id: String) {
    #expect(RequestID.accept(id) == id)
  }

  @Test(
    "Any other is replaced by 32 hex digits",
    arguments: [nil, "", "a b", "a\nb", "é", String(repeating: "x", count: 129)])
  func replaced(id: String?) {
    let made = RequestID.accept(id)
    #expect(made.count == 32 && made.allSatisfy(\.isHexDigit))
    #expect(made != RequestID.accept(id))
  }
}
