import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Settings

/// Where an identity provider's keys come from: `JWT_JWKS_URL` or `JWT_JWKS_FILE`.
enum KeySetSource: Sendable {
  case url(String)
  case file(String)

  private static let longest = 1 << 20

  /// Takes a URL that keys may be had from: by HTTPS, from this machine, or by plain HTTP where the network is trusted.
  /// Whoever can answer in the place of that server decides who everybody is.
  init(url text: String, allowsPlain: Bool) throws(KeySetError) {
    guard let url = URLComponents(string: text), let host = url.host, !host.isEmpty,
      url.user == nil, url.password == nil, url.fragment == nil
    else { throw KeySetError("expected a URL such as https://issuer.example/.well-known/jwks.json") }
    let isLocal =
      host == "localhost" || IPAddress(host.trimmingCharacters(in: ["[", "]"]))?.isLoopback == true
    switch url.scheme?.lowercased() {
    case "https": break
    case "http" where isLocal || allowsPlain: break
    default:
      throw KeySetError(
        "expected an https URL; set ALLOW_INSECURE=true if plain http goes through a private network")
    }
    self = .url(text)
  }

  /// The set as it is now.
  ///
  /// - Parameter patience: for all of it, however slowly it comes.
  func fetch(within patience: Duration = .seconds(3)) async throws(KeySetError) -> PublicKeySet {
    try await PublicKeySet(json: try await bytes(within: patience))
  }

  private func bytes(within patience: Duration) async throws(KeySetError) -> Data {
    do {
      switch self {
      case .url(let url): return try await Self.download(url, within: patience)
      case .file(let path): return try await NIOThreadPool.singleton.runIfActive { try Self.read(path) }
      }
    } catch let error as KeySetError {
      throw error
    } catch {
      throw KeySetError("\(error)")
    }
  }

  private static func read(_ path: String) throws -> Data {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw KeySetError("\(path) cannot be read: check the path and its permissions")
    }
    defer { try? file.close() }  // Nothing was written.
    let data = try file.read(upToCount: longest + 1) ?? Data()
    guard data.count <= longest else { throw KeySetError("it is longer than \(longest) bytes") }
    return data
  }

  private static func download(_ url: String, within patience: Duration) async throws -> Data {
    try await withThrowingTaskGroup { group in
      group.addTask { try await request(url) }
      group.addTask {
        try await Task.sleep(for: patience)
        throw KeySetError("it took longer than \(patience)")
      }
      defer { group.cancelAll() }
      guard let data = try await group.next() else { preconditionFailure("a group of two without a first") }
      return data
    }
  }

  /// A redirect is no answer: whom we trust is in the settings.
  private static func request(_ url: String) async throws -> Data {
    let configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
      var request = HTTPClientRequest(url: url)
      request.headers.add(name: "Accept", value: "application/jwk-set+json, application/json")
      let response = try await client.execute(request, deadline: .distantFuture)
      guard response.status == .ok else { throw KeySetError("the answer was \(response.status.code)") }
      do {
        return Data(try await response.body.collect(upTo: longest).readableBytesView)
      } catch is NIOTooManyBytesError {
        throw KeySetError("it is longer than \(longest) bytes")
      }
    }
  }
}
