import Hummingbird
import NIOCore

/// The body of a request whose sender waits for `100 Continue`: it is told when somebody begins to read, and not when
/// the request is refused for what its head says.
struct AwaitedBody: AsyncSequence, Sendable {
  typealias Element = ByteBuffer

  let body: RequestBody
  let channel: any Channel

  func makeAsyncIterator() -> RequestBody.AsyncIterator {
    channel.triggerUserOutboundEvent(BodyIsWanted(), promise: nil)
    return body.makeAsyncIterator()
  }
}
