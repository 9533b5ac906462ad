import Cache
import Foundation
import Hummingbird
import NIOCore
import Queue
import RateLimit
import Settings

/// What a request carries through middlewares and handlers.
struct APIContext: RequestContext, RemoteAddressRequestContext {
  var coreContext: CoreRequestContextStorage
  /// The other end of the connection: behind a load balancer, that.
  let remoteAddress: SocketAddress?
  let channel: any Channel
  /// `X-Request-Id` as accepted or made; in every answer, problem and log line.
  var requestID: String
  /// What was done for the request before it came to the router, if that is a read.
  private(set) var prepared: PreparedRead?
  /// The same for a webhook.
  private(set) var offered: Result<EnqueueResult, QueueError>?
  /// When work on the request began.
  private(set) var start = ContinuousClock.now
  /// Set by `Forwarding` for what came by proxies.
  private var forwardedAddress: ClientAddress?
  /// Set by `RateLimiting`: what a read passes with its lookup. Nil for a principal without a limit.
  var rateTicket: RateTicket?
  /// Set by `Authentication`; handlers behind it may rely on it.
  private var authenticated: Principal?

  init(source: Source) {
    channel = source.channel
    remoteAddress = source.channel.remoteAddress
    coreContext = .init(source: source)
    requestID = ""
  }

  /// Takes what was done for the request before it came to the router.
  mutating func take(_ prepared: PreparedRequest) {
    switch prepared {
    case .read(let read): (self.prepared, start) = (read, read.start)
    case .webhook(let webhook): (offered, start) = (webhook.outcome, webhook.start)
    }
  }

  /// What was read for the request before it came to the router; what `read` comes to if nothing was.
  func answer(_ read: () async throws -> CacheAnswer) async throws -> CacheAnswer {
    guard let prepared else { return try await read() }
    return try prepared.outcome.get()
  }

  /// Where the request comes from: behind trusted proxies, whom they name.
  var clientAddress: ClientAddress {
    get { forwardedAddress ?? ClientAddress(peer: IPAddress(remoteAddress)) }
    set { forwardedAddress = newValue }
  }

  /// The `id` in the path, percent-decoded: identity providers' ids hold `|` and `@`. Nil when it cannot be decoded.
  var pathID: String? {
    let id = parameters.get("id")
    let isEncoded = id?.utf8.contains(UInt8(ascii: "%")) == true
    return isEncoded ? id?.removingPercentEncoding : id
  }

  /// Who sends the request. Reading it on a route without `Authentication` is a bug in the route table.
  var principal: Principal {
    get {
      guard let authenticated else {
        preconditionFailure("a route without Authentication read the principal")
      }
      return authenticated
    }
    set { authenticated = newValue }
  }
}
