package import NIOCore

/// Something of which each event loop of a group has one of its own.
package struct EventLoopParts<Part: Sendable>: Sendable {
  private let parts: [ObjectIdentifier: Part]

  package init(_ group: any EventLoopGroup, _ make: (any EventLoop) -> Part) {
    parts = Dictionary(
      uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), make($0)) })
  }

  /// That of a loop of the group.
  package subscript(eventLoop: any EventLoop) -> Part {
    guard let part = part(of: eventLoop) else {
      preconditionFailure("a connection is on an event loop of another group")
    }
    return part
  }

  /// Nil for a loop of another group.
  func part(of eventLoop: any EventLoop) -> Part? { parts[ObjectIdentifier(eventLoop)] }
}
