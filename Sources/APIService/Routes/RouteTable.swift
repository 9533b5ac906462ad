import HTTPTypes
import Hummingbird

/// Registers paths with all their methods at once, so that `HEAD` works wherever `GET` does, `OPTIONS` tells
/// what is allowed, and any other method is a 405 with `Allow`.
struct RouteTable<Methods: RouterMethods> where Methods.Context == APIContext {
  typealias Handler = @Sendable (Request, APIContext) async throws -> Response

  private let router: Methods

  init(_ router: Methods) {
    self.router = router
  }

  func add(_ path: RouterPath, _ handlers: KeyValuePairs<HTTPRequest.Method, Handler>) {
    var methods = Dictionary(uniqueKeysWithValues: handlers.map { ($0.key, $0.value) })
    if let get = methods[.get] {
      methods[.head] = { try await get($0, $1).createHeadResponse() }
    }
    let allow = (methods.keys.map(\.rawValue) + ["OPTIONS"]).sorted().joined(separator: ", ")
    methods[.options] = { _, _ in Response(status: .noContent, headers: [.allow: allow]) }
    for method in Self.known {
      let handler = methods[method] ?? { _, _ in throw Problem.methodNotAllowed(allow: allow) }
      router.on(path, method: method, use: handler)
    }
  }

  private static var known: [HTTPRequest.Method] {
    [.get, .head, .post, .put, .patch, .delete, .options, .trace, .connect]
  }
}
