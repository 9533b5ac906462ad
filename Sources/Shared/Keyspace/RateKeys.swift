package import Conversations

/// Whose requests are counted together.
package enum RateSubject: Sendable, Hashable {
  /// A principal of the role user.
  case user(UserID)
  /// A principal of the role service or admin, which has a limit of its own.
  case service(UserID)
  /// A client whose authentication failed, by its address or network.
  case address(String)
  /// A sender of webhooks whose authentication failed, in the same way.
  case webhook(String)

  /// The part of a key that tells it from every other.
  fileprivate var text: String {
    switch self {
    case .user(let id): "user:\(id.text)"
    case .service(let id): "service:\(id.text)"
    case .address(let address): "address:\(address)"
    case .webhook(let address): "webhook:\(address)"
    }
  }
}

/// Every key of the rate limit, which lives beside the cache: it is asked in the same round trip.
package struct RateKeys: Sendable {
  private let prefix: String

  /// - Parameter prefix: put before every key, so that environments and tests can share a server.
  package init(prefix: String = "") {
    precondition(!prefix.contains("{"), "a brace in the prefix would replace the hash tag: \(prefix)")
    self.prefix = prefix
  }

  /// LIST of the moments of admission within the window, µs since 1970, oldest first. A little longer than the window
  /// from the last one.
  package func log(of subject: RateSubject) -> String { "\(prefix)rate:{\(subject.text)}:log" }

  /// STRING, counts of the parts of the window, see `counter.lua`. Lives as long. The window is part of the key, since the
  /// meaning of the parts hangs on it.
  package func counter(of subject: RateSubject, windowSeconds: Int) -> String {
    "\(prefix)rate:{\(subject.text)}:\(windowSeconds)"
  }
}
