internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix

/// A web server on loopback that answers every request alike, well or badly.
package final class HTTPStub: Sendable {
  package enum Reply: Sendable {
    /// These bytes, then the end.
    case bytes(String)
    /// Nothing, ever.
    case silence
    /// The head of an answer, then a byte of its body every few milliseconds.
    case drip

    /// An answer with this body.
    package static func body(_ text: String, status: String = "200 OK", _ fields: String = "") -> Reply {
      .bytes(
        "HTTP/1.1 \(status)\r\nContent-Length: \(text.utf8.count)\r\nConnection: close\r\n\(fields)\r\n\(text)"
      )
    }
  }

  /// `http://127.0.0.1:<port>`.
  package let base: String
  private let state: NIOLockedValueBox<State>
  private let channel: any Channel

  fileprivate struct State: Sendable {
    var reply: Reply
    var requests = 0
  }

  package static func start(_ reply: Reply) async throws -> HTTPStub {
    let state = NIOLockedValueBox(State(reply: reply))
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(StubHandler(state: state))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return HTTPStub(state: state, channel: channel)
  }

  private init(state: NIOLockedValueBox<State>, channel: any Channel) {
    self.state = state
    self.channel = channel
    base = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
  }

  /// How many requests came.
  package var requests: Int { state.withLockedValue { $0.requests } }

  /// What is answered from now on.
  package func answer(_ reply: Reply) {
    state.withLockedValue { $0.reply = reply }
  }

  package func stop() async throws { try await channel.close() }
}

/// Answers once a request's head is complete.
private final class StubHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let state: NIOLockedValueBox<HTTPStub.State>
  private var head = ""

  init(state: NIOLockedValueBox<HTTPStub.State>) { self.state = state }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    head += String(buffer: unwrapInboundIn(data))
    guard head.contains("\r\n\r\n") else { return }
    head = ""
    let reply = state.withLockedValue { state in
      state.requests += 1
      return state.reply
    }
    switch reply {
    case .silence: break
    case .bytes(let text):
      let channel = context.channel
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text))).whenComplete { _ in
        channel.close(promise: nil)
      }
    case .drip:
      let channel = context.channel
      channel.writeAndFlush(
        ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"), promise: nil)
      context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(20)) { task in
        guard channel.isActive else { return task.cancel() }
        channel.writeAndFlush(ByteBuffer(string: " "), promise: nil)
      }
    }
  }
}
