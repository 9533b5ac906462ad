internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Opens connections: name lookup, TCP, TLS, greeting, all within the connect timeout.
struct RedisConnector: Sendable {
  let url: RedisURL
  let settings: RedisClientSettings
  /// Made once: reading the trust roots takes tens of milliseconds. A failure is reported by each attempt.
  private let tlsContext: Result<NIOSSLContext?, RedisError>

  init(url: RedisURL, settings: RedisClientSettings) {
    self.url = url
    self.settings = settings
    tlsContext = Self.makeContext(url, settings)
  }

  private static func makeContext(
    _ url: RedisURL, _ settings: RedisClientSettings
  ) -> Result<NIOSSLContext?, RedisError> {
    guard url.isTLS else { return .success(nil) }
    do {
      return .success(try NIOSSLContext(configuration: settings.tls))
    } catch {
      return .failure(RedisError(.notConnected, "the TLS settings cannot be used: \(error)"))
    }
  }

  /// Returns a connection that is ready for commands. Cancellation ends the attempt at once.
  func connect(on eventLoop: any EventLoop) async throws(RedisError) -> RedisConnection {
    let setup = try RedisConnectionSetup(
      eventLoop: eventLoop, url: url, settings: settings, tlsContext: try tlsContext.get())
    let mailbox = RedisMailbox()
    let becameReady = eventLoop.makePromise(of: String?.self)
    let connecting = bootstrap(setup, mailbox, becameReady).connect(host: url.host, port: url.port)
    connecting.whenFailure { becameReady.fail($0) }
    becameReady.futureResult.whenFailure { _ in connecting.whenSuccess { $0.close(promise: nil) } }
    do {
      let serverName = try await withTaskCancellationHandler {
        try await becameReady.futureResult.get()
      } onCancel: {
        becameReady.fail(RedisError(.cancelled, "the attempt to connect was cancelled"))
      }
      return RedisConnection(
        channel: try await connecting.get(), mailbox: mailbox, serverName: serverName, settings: settings)
    } catch {
      throw error as? RedisError ?? RedisError(.notConnected, "\(error)")
    }
  }

  private func bootstrap(
    _ setup: RedisConnectionSetup, _ mailbox: RedisMailbox, _ becameReady: EventLoopPromise<String?>
  ) -> ClientBootstrap {
    ClientBootstrap(group: setup.eventLoop)
      .connectTimeout(TimeAmount(settings.connectTimeout))
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context = setup.tlsContext {
            try channel.pipeline.syncOperations.addHandler(
              try NIOSSLClientHandler(context: context, serverHostname: setup.url.serverNameIndication))
          }
          try channel.pipeline.syncOperations.addHandler(
            RedisChannelHandler(setup: setup, mailbox: mailbox, becameReady: becameReady))
        }
      }
  }
}

extension RedisURL {
  /// TLS names hosts, never addresses (RFC 6066 §3).
  fileprivate var serverNameIndication: String? {
    (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil
  }
}
