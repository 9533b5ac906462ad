import Testing

@testable import Redis

@Suite("A Redis URL")
struct RedisURLTests {
  @Test("needs no more than a host")
  func defaults() throws {
    let url = try RedisURL("redis://cache.internal")
    #expect(url.host == "cache.internal")
    #expect(url.port == 6379)
    #expect(url.username == nil)
    #expect(url.password == nil)
    #expect(url.database == 0)
    #expect(!url.isTLS)
  }

  @Test("names user, password, port and database")
  func everything() throws {
    let url = try RedisURL("REDISS://app:s%40cr%C3%A9t@10.0.0.7:7000/12")
    #expect(url.host == "10.0.0.7")
    #expect(url.port == 7000)
    #expect(url.username == "app")
    #expect(url.password == "s@crét")
    #expect(url.database == 12)
    #expect(url.isTLS)
  }

  @Test("may have a password without a user")
  func passwordOnly() throws {
    let url = try RedisURL("redis://:secret@host/")
    #expect(url.username == nil)
    #expect(url.password == "secret")
  }

  @Test("splits at the last @, so that a password pasted unencoded does not become a host")
  func unencodedAt() throws {
    let url = try RedisURL("redis://:a@b@host:1")
    #expect(url.host == "host")
    #expect(url.password == "a@b")
  }

  @Test("takes an IPv6 address in brackets")
  func addressInBrackets() throws {
    let url = try RedisURL("redis://:p@[::1]:6380/3")
    #expect(url.host == "::1")
    #expect(url.port == 6380)
    #expect(url.description == "redis://:***@[::1]:6380/3")
  }

  @Test(
    "is refused when anything in it would be guessed",
    arguments: [
      "", "localhost:6379", "http://host", "redis://", "redis://:6379", "redis://host:0",
      "redis://host:65536", "redis://host:99999999", "redis://host:99999999999999999999",
      "redis://host:+1", "redis://host:x", "redis://host/x", "redis://host/-1", "redis://host/1/2",
      "redis://host/99999999999", "redis://user@host", "redis://:%zz@host", "redis://:%4@host",
      "redis://:%ff@host", "redis://host?db=1", "redis://host/0#x", "redis://[::1", "redis://[::1]x",
    ])
  func malformed(text: String) {
    #expect(throws: RedisError.self) { try RedisURL(text) }
  }

  @Test("never shows its password", arguments: ["redis://:hunter2@h", "rediss://app:hunter2@h:1/2"])
  func hidesPassword(text: String) throws {
    let url = try RedisURL(text)
    var dumped = ""
    dump(url, to: &dumped)
    for shown in ["\(url)", String(reflecting: url), dumped, "\([url])"] {
      #expect(!shown.contains("hunter2"))
    }
  }

  @Test("does not show its password in an error either")
  func errorHidesPassword() {
    for text in ["redis://:hunter2%zz@h", "redis://:hunter2@h:x", "hunter2"] {
      let error = #expect(throws: RedisError.self) { try RedisURL(text) }
      #expect(error?.code == .invalidURL)
      #expect(error?.description.contains("hunter2") == false)
    }
  }
}
