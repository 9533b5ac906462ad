import HTTPTypes
import Hummingbird

/// Registers paths with all their operations at once, so that `HEAD` works wherever `GET` does, `OPTIONS` tells
/// what is allowed, and any other method is a 405 with `Allow`. What it registers, the catalogue knows.
struct RouteTable<Methods: RouterMethods> where Methods.Context == APIContext {
  typealias Handler = @Sendable (Request, APIContext) async throws -> Response

  private let router: Methods
  private let catalogue: RouteCatalogue
  private let needsToken: Bool

  /// - Parameter needsToken: whether `Authentication` is among the router's middlewares.
  init(_ router: Methods, catalogue: RouteCatalogue, needsToken: Bool) {
    self.router = router
    self.catalogue = catalogue
    self.needsToken = needsToken
  }

  /// Registers all operations of one path.
  func add(_ operations: KeyValuePairs<Operation, Handler>) {
    guard let path = operations.first?.key.path else { return }
    for (operation, _) in operations {
      precondition(operation.path == path, "\(operation.id) is of another path")
      precondition(operation.access.needsToken == needsToken, "\(operation.id) is in the wrong table")
      catalogue.add(operation)
    }
    add(RouterPath(path), Dictionary(uniqueKeysWithValues: operations.map { ($0.key.method, $0.value) }))
  }

  private func add(_ path: RouterPath, _ handlers: [HTTPRequest.Method: Handler]) {
    var methods = handlers
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

  /// Others do not come so far: they are a 501.
  private static var known: [HTTPRequest.Method] {
    [.get, .head, .post, .put, .patch, .delete, .options, .trace]
  }
}
