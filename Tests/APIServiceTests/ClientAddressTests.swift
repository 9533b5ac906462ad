import Settings
import Testing

@testable import APIService

@Suite struct ClientAddressTests {
  private static func client(_ peer: String, _ hops: [String], trusting networks: String) async throws
    -> ClientAddress
  {
    let reader = try await SettingsReader(environment: ["N": networks], environmentFile: nil)
    let proxies = NetworkList(reader: reader, "N", default: .none)
    try reader.finish()
    return ClientAddress(peer: IPAddress(peer), forwardedFor: hops, trusting: proxies)
  }

  @Test(
    "Behind trusted proxies the client is the last one that no trusted proxy vouches for",
    arguments: [
      ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
      ("10.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
      ("10.0.0.1", ["198.51.100.7, 10.0.0.2 , 10.0.0.3"], "198.51.100.7"),
      ("10.0.0.1", ["203.0.113.9", "198.51.100.7,10.0.0.2"], "198.51.100.7"),
      ("10.0.0.1", ["10.0.0.9,10.0.0.2"], "10.0.0.9"), ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
      ("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"), ("10.0.0.1", ["[2001:db8::7]"], "2001:db8::7"),
      ("10.0.0.1", ["2001:db8::7"], "2001:db8::7"), ("::ffff:10.0.0.1", ["\t198.51.100.7 "], "198.51.100.7"),
      ("fd00::1", ["198.51.100.7, fd00::2"], "198.51.100.7"),
    ])
  func forwarded(peer: String, hops: [String], client: String) async throws {
    let found = try await Self.client(peer, hops, trusting: "10.0.0.0/8,fd00::/8")
    #expect(found.address?.description == client)
    #expect(found.isForwarded)
  }

  @Test(
    "What nobody trusted says counts for nothing",
    arguments: [
      ("198.51.100.7", ["203.0.113.9"], "198.51.100.7"), ("198.51.100.7", ["10.0.0.2"], "198.51.100.7"),
      ("10.0.0.1", [], "10.0.0.1"), ("10.0.0.1", [""], "10.0.0.1"), ("10.0.0.1", [",,"], "10.0.0.1"),
      ("10.0.0.1", ["198.51.100.7, unknown"], "10.0.0.1"), ("10.0.0.1", ["unknown, 10.0.0.2"], "10.0.0.2"),
      ("10.0.0.1", ["_hidden"], "10.0.0.1"), ("10.0.0.1", ["198.51.100.7 10.0.0.2"], "10.0.0.1"),
      ("10.0.0.1", ["[2001:db8::7"], "10.0.0.1"),
    ])
  func unknown(peer: String, hops: [String], client: String) async throws {
    let found = try await Self.client(peer, hops, trusting: "10.0.0.0/8,fd00::/8")
    #expect(found.address?.description == client)
    #expect(!found.isForwarded)
  }

  @Test("Without trusted proxies the peer is the client, whatever it says")
  func noProxies() async throws {
    let found = try await Self.client("127.0.0.1", ["198.51.100.7"], trusting: "")
    #expect(found.address?.description == "127.0.0.1")
    #expect(!found.isForwarded)
  }

  @Test(
    "Limits count an IPv4 address by itself and IPv6 by its subscriber's network",
    arguments: [
      ("198.51.100.7", "198.51.100.7"), ("::ffff:198.51.100.7", "198.51.100.7"),
      ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
      ("2001:db8:1:3::ffff", "2001:db8:1:3::/64"), ("::1", "::/64"),
    ])
  func limitKey(address: String, key: String) {
    #expect(ClientAddress(peer: IPAddress(address)).limitKey == key)
    #expect(ClientAddress(peer: nil).limitKey == "unknown")
  }
}
