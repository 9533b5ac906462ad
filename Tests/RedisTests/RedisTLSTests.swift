import NIOSSL
import Redis
import TestSupport
import Testing

@Suite("A rediss:// connection")
struct RedisTLSTests {
  /// A server with a certificate of its own for `localhost` and 127.0.0.1.
  private func startServer() async throws -> (server: RedisServer, port: Int, certificate: String) {
    let folder = try TemporaryFolder.create("redis-tls")
    let (certificate, key) = ("\(folder)/certificate.pem", "\(folder)/key.pem")
    let openssl = try ChildProcess(
      "openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key,
        "-out", certificate,
      ])
    try #require(try await openssl.wait() == .code(0))
    let port = FreePort.next()
    let server = try await RedisServer.start(arguments: [
      "--tls-port", "\(port)", "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file",
      certificate, "--tls-auth-clients", "no",
    ])
    return (server, port, certificate)
  }

  @Test("is encrypted and checks the server's certificate and name")
  func verifies() async throws {
    let (server, port, certificate) = try await startServer()
    var settings = RedisClientSettings.test
    settings.tls.trustRoots = .file(certificate)
    for host in ["localhost", "127.0.0.1"] {
      try await withClient("rediss://\(host):\(port)", settings) { client async throws in
        #expect(try await client.execute(RedisCommand("ECHO", "secret")).string == "secret")
      }
    }
    try await server.stop()
  }

  @Test("is refused when nobody vouches for the certificate")
  func untrusted() async throws {
    let (server, port, _) = try await startServer()
    try await withRunningClient("rediss://localhost:\(port)") { client async throws in
      let error = await #expect(throws: RedisError.self) {
        try await client.waitUntilConnected(within: .milliseconds(300))
      }
      #expect(error?.code == .notConnected)
      #expect(!client.isConnected)
    }
    try await server.stop()
  }
}
