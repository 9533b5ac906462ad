import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

@testable import Redis

/// A TCP server that answers as a test tells it to: half replies, bad bytes, silence, a closed socket.
///
/// The greeting is answered properly; everything after it is the test's.
final class ScriptedServer: Sendable {
  enum Answer: Sendable {
    case bytes(String)
    case nothing
    /// Sends the bytes and closes the socket.
    case thenClose(String)
  }

  /// What to answer to a command on the connection of this number, counted from 1.
  typealias Script = @Sendable (_ command: [String], _ connection: Int) -> Answer

  private let listener: any Channel
  private let counters: NIOLockedValueBox<(connections: Int, commands: [[String]])>

  private init(
    listener: any Channel, counters: NIOLockedValueBox<(connections: Int, commands: [[String]])>
  ) {
    self.listener = listener
    self.counters = counters
  }

  static func start(greets: Bool = true, _ script: @escaping Script) async throws -> ScriptedServer {
    let counters = NIOLockedValueBox<(connections: Int, commands: [[String]])>((0, []))
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let number = counters.withLockedValue { counters in
            counters.connections += 1
            return counters.connections
          }
          let answer = { @Sendable (command: [String]) in
            if greets, let greeting = Self.greeting(command) { return greeting }
            counters.withLockedValue { $0.commands.append(command) }
            return script(command, number)
          }
          try channel.pipeline.syncOperations.addHandler(Handler(answer))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return ScriptedServer(listener: listener, counters: counters)
  }

  var url: String { "redis://127.0.0.1:\(listener.localAddress?.port ?? 0)" }

  /// Connections accepted so far.
  var connections: Int { counters.withLockedValue { $0.connections } }

  /// Commands received so far, those of greetings aside.
  var commands: [[String]] { counters.withLockedValue { $0.commands } }

  func stop() async throws { try await listener.close() }

  private static func greeting(_ command: [String]) -> Answer? {
    switch command.first {
    case "CLIENT", "AUTH", "SELECT": .bytes("+OK\r\n")
    case "INFO": .bytes("$0\r\n\r\n")
    default: nil
    }
  }

  /// Requests are RESP as replies are, so the module's own reader parses them.
  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let script: ([String]) -> Answer
    private let reader = RedisReader(maximumReplyBytes: .max)

    init(_ script: @escaping ([String]) -> Answer) { self.script = script }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      reader.append(unwrapInboundIn(data))
      do {
        while let command = try reader.next() {
          perform(script(command.array?.compactMap(\.string) ?? []), context)
        }
      } catch {
        context.close(promise: nil)
      }
    }

    private func perform(_ answer: Answer, _ context: ChannelHandlerContext) {
      switch answer {
      case .bytes(let bytes):
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: bytes)), promise: nil)
      case .nothing:
        break
      case .thenClose(let bytes):
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: bytes)), promise: nil)
        context.close(promise: nil)
      }
    }
  }
}

/// A scripted server for the time of `body`.
func withScriptedServer(
  greets: Bool = true, _ script: @escaping ScriptedServer.Script,
  _ body: @Sendable @escaping (ScriptedServer) async throws -> Void
) async throws {
  let server = try await ScriptedServer.start(greets: greets, script)
  do {
    try await body(server)
  } catch {
    try await server.stop()
    throw error
  }
  try await server.stop()
}
