import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Sends one answer. A body that is there at once goes out with its head.
struct AnswerWriter: ResponseBodyWriter {
  private let connection: LoopConnection
  private var head: HTTPResponseHead?

  init(_ head: HTTPResponse, to connection: LoopConnection) {
    self.connection = connection
    self.head = HTTPResponseHead(head)
  }

  mutating func write(_ buffer: ByteBuffer) async throws {
    guard let head else { return try await connection.write(buffer) }
    self.head = nil
    connection.begin(head, buffer)
  }

  consuming func finish(_ trailers: HTTPFields?) async throws {
    if let head { connection.begin(head, nil) }
    connection.finish(trailers.map(HTTPHeaders.init))
  }
}
