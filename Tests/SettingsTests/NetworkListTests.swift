import Settings
import Testing

@Suite struct NetworkListTests {
  @Test(
    "By default loopback and the private ranges are in, everybody else is out",
    arguments: [
      ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("10.255.0.1", true), ("172.16.0.1", true),
      ("172.31.255.255", true), ("192.168.1.1", true), ("fd12::1", true), ("::ffff:10.0.0.1", true),
      ("172.32.0.0", false), ("11.0.0.1", false), ("192.169.0.1", false), ("8.8.8.8", false),
      ("2001:db8::1", false), ("::ffff:8.8.8.8", false), ("::2", false), ("fe00::1", false),
    ])
  func privateRanges(address: String, isIn: Bool) throws {
    #expect(NetworkList.privateRanges.contains(try #require(IPAddress(address))) == isIn)
  }

  @Test(
    "A network reaches as far as its prefix says",
    arguments: [
      ("10.1.2.3/8", "10.200.0.1", true), ("192.0.2.128/25", "192.0.2.129", true),
      ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.7", "192.0.2.7", true),
      ("192.0.2.7", "192.0.2.6", false), ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false),
      ("2001:db8:8000::/33", "2001:db8:ffff::1", true), ("2001:db8:8000::/33", "2001:db8:7fff::1", false),
      ("::/0", "2001::1", true), ("8.8.8.8, 9.9.9.0/24", "9.9.9.9", true),
    ])
  func prefix(list: String, address: String, isIn: Bool) async throws {
    let reader = try await SettingsReader(environment: ["N": list], environmentFile: nil)
    let networks = NetworkList(reader: reader, "N", default: .privateRanges)
    try reader.finish()
    #expect(networks.contains(try #require(IPAddress(address))) == isIn)
  }

  @Test(
    "What is no network is reported once, by the setting's name",
    arguments: [
      "10.0.0.0/33", "10.0.0/8", "::1/129", "10.0.0.0/", "10.0.0.0/+8", "/8", "everywhere", "1.2.3.4/8/8",
      "::ffff:10.0.0.0/104", "10.0.0.0/8;::1", "x,y",
    ])
  func refused(list: String) async throws {
    let reader = try await SettingsReader(environment: ["N": list], environmentFile: nil)
    _ = NetworkList(reader: reader, "N", default: .privateRanges)
    #expect(reader.problems.map(\.name) == ["N"])
  }

  @Test("Unset means the default")
  func unset() async throws {
    let reader = try await SettingsReader(environment: ["N": ""], environmentFile: nil)
    #expect(NetworkList(reader: reader, "N", default: .privateRanges) == .privateRanges)
  }
}
