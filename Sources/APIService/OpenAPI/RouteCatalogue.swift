import NIOConcurrencyHelpers

/// The operations that the route tables have registered: what the OpenAPI document tells of, no more and no less.
final class RouteCatalogue: Sendable {
  private let registered = NIOLockedValueBox<[Operation]>([])

  func add(_ operation: Operation) {
    registered.withLockedValue { operations in
      let isNew = operations.allSatisfy {
        $0.id != operation.id && ($0.method, $0.path) != (operation.method, operation.path)
      }
      precondition(isNew, "\(operation.id) is registered twice")
      operations.append(operation)
    }
  }

  /// In the order of their registration.
  var operations: [Operation] { registered.withLockedValue { $0 } }
}
