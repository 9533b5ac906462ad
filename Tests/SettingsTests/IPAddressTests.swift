import NIOCore
import Settings
import Testing

@Suite struct IPAddressTests {
  @Test(
    "An address is read in any notation and written in the usual one",
    arguments: [
      ("192.0.2.1", "192.0.2.1"), ("2001:DB8:0:0::1", "2001:db8::1"), ("::ffff:192.0.2.1", "192.0.2.1"),
      ("::", "::"),
    ])
  func notation(text: String, usual: String) throws {
    #expect(try #require(IPAddress(text)).description == usual)
  }

  @Test(
    "What is no address is none",
    arguments: [
      "", "localhost", "192.0.2", "192.0.2.256", "192.0.2.1:80", "[::1]", "::1%lo", " ::1", "1.2.3.4\0",
    ])
  func refused(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test(
    "A mask keeps the bits of the prefix",
    arguments: [
      ("192.0.2.255", 24, "192.0.2.0"), ("192.0.2.255", 27, "192.0.2.224"), ("192.0.2.255", 0, "0.0.0.0"),
      ("192.0.2.255", 32, "192.0.2.255"), ("2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::"),
      ("2001:db8:ffff::1", 33, "2001:db8:8000::"), ("::1", 128, "::1"),
    ])
  func mask(address: String, prefix: Int, first: String) throws {
    #expect(try #require(IPAddress(address)).masked(to: prefix).description == first)
  }

  @Test(
    "Loopback is 127.0.0.0/8 and ::1",
    arguments: [
      ("127.0.0.1", true), ("127.255.0.9", true), ("::1", true), ("::ffff:127.0.0.1", true),
      ("128.0.0.1", false), ("0.0.0.0", false), ("::", false), ("::2", false), ("fe80::1", false),
    ])
  func loopback(address: String, isLoopback: Bool) throws {
    #expect(try #require(IPAddress(address)).isLoopback == isLoopback)
  }

  @Test("A socket's address is that of its text")
  func sockets() throws {
    for text in ["192.0.2.7", "2001:db8::7"] {
      #expect(IPAddress(try SocketAddress(ipAddress: text, port: 80)) == IPAddress(text))
    }
    #expect(IPAddress(try SocketAddress(unixDomainSocketPath: "/tmp/socket")) == nil)
  }
}
