import HTTPTypes
import Hummingbird
import NIOCore
import Settings

/// `/metrics`, for operators.
struct MetricsRoutes: Sendable {
  let page: MetricsPage

  func register(in routes: RouteTable<some RouterMethods<APIContext>>) {
    routes.add([.metrics: metrics])
  }

  /// What came by a proxy that is not trusted came from anywhere, whatever the proxy's own network.
  @Sendable private func metrics(_ request: Request, _ context: APIContext) async throws -> Response {
    let isProxied = request.headers.contains(.xForwardedFor) || request.headers.contains(.forwarded)
    let client = context.clientAddress
    let address = client.isForwarded == isProxied ? client.address : nil
    guard let answer = await page.answer(to: address, accept: request.headers[values: .accept]) else {
      throw Problem.notFound
    }
    return Response(
      status: .ok, headers: [.contentType: answer.contentType, .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: answer.text)))
  }
}
