import Cache
import HTTPTypes
import Hummingbird
import NIOConcurrencyHelpers
import NIOCore

/// `/openapi.json` and `/docs`: what the other routes take and answer.
struct DocumentRoutes: Sendable {
  private let document: LateValue
  private let page: LateValue

  /// - Parameter catalogue: complete before the first request.
  init(catalogue: RouteCatalogue) {
    document = LateValue { OpenAPIDocument(operations: catalogue.operations).tree.indented + "\n" }
    page = LateValue { DocumentPage(OpenAPIDocument(operations: catalogue.operations)).html }
  }

  func register(in routes: RouteTable<some RouterMethods<APIContext>>) {
    routes.add([.readDocument: readDocument])
    routes.add([.readPage: readPage])
  }

  @Sendable private func readDocument(_ request: Request, _ context: APIContext) async throws -> Response {
    try answer(request, context, document, "application/json", [.contentType: "application/json"])
  }

  @Sendable private func readPage(_ request: Request, _ context: APIContext) async throws -> Response {
    try answer(
      request, context, page, "text/html",
      [.contentType: "text/html; charset=utf-8", .contentSecurityPolicy: DocumentPage.securityPolicy])
  }

  private func answer(
    _ request: Request, _ context: APIContext, _ late: LateValue, _ type: String, _ fields: HTTPFields
  ) throws -> Response {
    let terms = try request.readTerms(context, of: type)
    try request.refuseQuery()
    let value = late.value.value(for: terms)
    var headers = fields
    headers[.eTag] = value.etag
    headers[.cacheControl] = "public, no-cache"
    headers[.vary] = "Accept-Encoding"
    guard !value.isKnown else {
      headers[.contentType] = nil
      return Response(status: .notModified, headers: headers)
    }
    if value.form == .gzip { headers[.contentEncoding] = "gzip" }
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: value.body))
  }
}

/// A value that is made when it is first asked for, since only then all routes are known.
private final class LateValue: Sendable {
  private let make: @Sendable () -> String
  private let made = NIOLockedValueBox<FixedValue?>(nil)

  init(_ make: @escaping @Sendable () -> String) { self.make = make }

  /// Two that ask first at once may both make it: they get the same.
  var value: FixedValue {
    if let value = made.withLockedValue({ $0 }) { return value }
    let value = FixedValue(ByteBuffer(string: make()))
    made.withLockedValue { $0 = value }
    return value
  }
}
