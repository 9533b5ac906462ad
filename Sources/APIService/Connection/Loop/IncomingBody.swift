import NIOConcurrencyHelpers
import NIOCore

/// The body of one request, while it comes: filled by the connection, read once by whoever serves the request.
final class IncomingBody: AsyncSequence, Sendable {
  typealias Element = ByteBuffer

  private enum State {
    case buffered(CircularBuffer<ByteBuffer>, bytes: Int, end: End?)
    case awaited(CheckedContinuation<ByteBuffer?, any Error>)
    /// Nobody wants the rest.
    case discarded
  }

  /// Why no more will come.
  private enum End {
    case complete
    case failed(any Error)
  }

  private let state = NIOLockedValueBox(State.buffered([], bytes: 0, end: nil))
  /// Called when something was taken out, on any thread.
  private let wasTaken: @Sendable () -> Void

  init(wasTaken: @escaping @Sendable () -> Void) { self.wasTaken = wasTaken }

  /// Bytes that nobody has read.
  var bufferedBytes: Int {
    state.withLockedValue { if case .buffered(_, let bytes, _) = $0 { bytes } else { 0 } }
  }

  // MARK: The connection's side

  func append(_ piece: ByteBuffer) {
    let reader = state.withLockedValue { state -> CheckedContinuation<ByteBuffer?, any Error>? in
      switch state {
      case .buffered(var pieces, let bytes, let end):
        state = .discarded
        pieces.append(piece)
        state = .buffered(pieces, bytes: bytes + piece.readableBytes, end: end)
        return nil
      case .awaited(let reader):
        state = .buffered([], bytes: 0, end: nil)
        return reader
      case .discarded: return nil
      }
    }
    reader?.resume(returning: piece)
  }

  func finish() { end(.complete) }

  /// It will not come whole. What has come already can still be read.
  func fail(_ error: any Error) { end(.failed(error)) }

  private func end(_ end: End) {
    let reader = state.withLockedValue { state -> CheckedContinuation<ByteBuffer?, any Error>? in
      switch state {
      case .buffered(let pieces, let bytes, nil):
        state = .buffered(pieces, bytes: bytes, end: end)
        return nil
      case .awaited(let reader):
        state = .buffered([], bytes: 0, end: end)
        return reader
      case .buffered, .discarded: return nil
      }
    }
    guard let reader else { return }
    switch end {
    case .complete: reader.resume(returning: nil)
    case .failed(let error): reader.resume(throwing: error)
    }
  }

  // MARK: The reader's side

  /// The request was answered: what was not read, and what still comes, is dropped.
  func discard() {
    state.withLockedValue { $0 = .discarded }
    wasTaken()
  }

  func makeAsyncIterator() -> Iterator { Iterator(body: self) }

  /// Waits for piece after piece. Ends with its connection at the latest, and so with whoever serves it.
  struct Iterator: AsyncIteratorProtocol {
    let body: IncomingBody

    func next() async throws -> ByteBuffer? { try await body.next() }
  }

  private func next() async throws -> ByteBuffer? {
    if case .some(let ready) = try take() {
      wasTaken()
      return ready
    }
    return try await withCheckedThrowingContinuation { reader in
      do { if case .some(let ready) = try take(orWait: reader) { reader.resume(returning: ready) } } catch {
        reader.resume(throwing: error)
      }
    }
  }

  /// - Returns: a piece, or nil for the end; nothing at all while neither has come.
  private func take(orWait reader: CheckedContinuation<ByteBuffer?, any Error>? = nil) throws -> ByteBuffer??
  {
    try state.withLockedValue { state in
      switch state {
      case .buffered(var pieces, let bytes, let end):
        if let piece = pieces.popFirst() {
          state = .buffered(pieces, bytes: bytes - piece.readableBytes, end: end)
          return .some(piece)
        }
        switch end {
        case .complete: return .some(nil)
        case .failed(let error): throw error
        case nil:
          if let reader { state = .awaited(reader) }
          return nil
        }
      case .awaited: preconditionFailure("a body is read by two")
      case .discarded: return .some(nil)
      }
    }
  }
}
