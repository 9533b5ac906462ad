internal import NIOCore

/// Why what Redis said is not known to be fresh.
package enum CacheDistrust: String, Sendable, Equatable, CaseIterable {
  /// Nobody has vouched for this server's data lately.
  case lapsed
  /// Somebody vouched for another server: this one was demoted, promoted or restarted.
  case otherServer = "other-server"
  /// The server would not say who it is: a rule of its own forbids `INFO`.
  case unnamed

  /// The judgement on a reply; nil when it is to be trusted.
  ///
  /// - Parameters:
  ///   - watermark: came with the reply, in one step of the server; nil when there was none.
  ///   - server: `run_id|master_replid` of the connection that the reply came over.
  init?(watermark: ByteBuffer?, server: String?) {
    guard let server else {
      self = .unnamed
      return
    }
    guard let watermark, watermark.readableBytes > 0 else {
      self = .lapsed
      return
    }
    if watermark.begins(with: server) { return nil }
    self = .otherServer
  }
}

extension ByteBuffer {
  /// Whether the bytes are the server's name and a separator, whatever follows.
  fileprivate func begins(with server: String) -> Bool {
    var server = server
    return server.withUTF8 { name in
      withUnsafeReadableBytes { bytes in
        bytes.count > name.count && bytes[name.count] == UInt8(ascii: "|")
          && bytes.begins(with: UnsafeRawBufferPointer(name))
      }
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Whether these are the first bytes, of which there must be as many: eight at a time.
  fileprivate func begins(with other: UnsafeRawBufferPointer) -> Bool {
    var offset = 0
    while offset + 8 <= other.count {
      let (own, others) = (
        loadUnaligned(fromByteOffset: offset, as: UInt64.self),
        other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      )
      if own != others { return false }
      offset += 8
    }
    return self[offset..<other.count].elementsEqual(other[offset...])
  }
}

/// A server at one moment: what the relay begins with.
package struct CacheServerMoment: Sendable, Equatable {
  /// `run_id|master_replid`.
  package let server: String
  /// Milliseconds since 1970 by the server's clock.
  package let time: UInt64

  package init(server: String, time: UInt64) {
    self.server = server
    self.time = time
  }
}

/// Whether Redis confirmed an invalidation.
package enum CacheConfirmation: Sendable, Equatable {
  /// All of it. `by` is the server's `run_id|master_replid`; nil when it is unnamed, when there were several, or when
  /// nothing had to be asked.
  case confirmed(by: String?)
  /// Older answers may be served for at most ``CacheSettings/stalenessBound`` after the commit.
  case unconfirmed

  package var isConfirmed: Bool { self != .unconfirmed }
}
