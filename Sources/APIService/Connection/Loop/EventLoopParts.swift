import NIOCore

/// Something of which each event loop of a group has one of its own.
struct EventLoopParts<Part: Sendable>: Sendable {
  private let parts: [ObjectIdentifier: Part]

  init(_ group: any EventLoopGroup, _ make: (any EventLoop) -> Part) {
    parts = Dictionary(
      uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), make($0)) })
  }

  /// That of a loop of the group.
  subscript(eventLoop: any EventLoop) -> Part {
    guard let part = parts[ObjectIdentifier(eventLoop)] else {
      preconditionFailure("a connection is on an event loop of another group")
    }
    return part
  }
}
