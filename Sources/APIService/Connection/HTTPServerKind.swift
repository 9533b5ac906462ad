/// Who serves connections: `HTTP_SERVER`. What clients are answered is the same by all of them.
enum HTTPServerKind: Sendable {
  /// Our own loop around Hummingbird's router; cached reads do not go as far as the router.
  case loop
  /// The same, and everything goes through the router.
  case routed
  /// Hummingbird's own server.
  case stock
}
