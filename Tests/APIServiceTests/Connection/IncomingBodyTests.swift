import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import APIService

@Suite struct IncomingBodyTests {
  private struct Cut: Error, Equatable {}

  private static func piece(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

  /// All that can be read, or how it failed.
  private static func read(_ body: IncomingBody) async -> (pieces: [String], failure: Cut?) {
    var pieces: [String] = []
    do {
      for try await piece in body { pieces.append(String(buffer: piece)) }
      return (pieces, nil)
    } catch { return (pieces, error as? Cut) }
  }

  /// Somebody who waits for a piece that has not come.
  private static func waiting(for body: IncomingBody) async -> Task<String?, any Error> {
    let reader = Task { try await body.makeAsyncIterator().next().map { String(buffer: $0) } }
    for _ in 0..<50 { await Task.yield() }
    return reader
  }

  @Test("What came before it is read is read piece by piece, and then the end")
  func buffered() async throws {
    let body = IncomingBody {}
    for text in ["a", "bc", "d"] { body.append(Self.piece(text)) }
    #expect(body.bufferedBytes == 4)
    body.finish()
    #expect(await Self.read(body) == (["a", "bc", "d"], nil))
    #expect(body.bufferedBytes == 0)
    #expect(await Self.read(body) == ([], nil))
  }

  @Test("What came before the failure is read before it")
  func failed() async throws {
    let body = IncomingBody {}
    body.append(Self.piece("a"))
    body.fail(Cut())
    #expect(await Self.read(body) == (["a"], Cut()))
    #expect(await Self.read(body) == ([], Cut()))
  }

  @Test("Whoever waits gets the next piece, the end or the failure, whichever comes")
  func awaited() async throws {
    let body = IncomingBody {}
    let first = await Self.waiting(for: body)
    body.append(Self.piece("a"))
    #expect(try await first.value == "a")
    let second = await Self.waiting(for: body)
    body.finish()
    #expect(try await second.value == nil)
    let failing = IncomingBody {}
    let third = await Self.waiting(for: failing)
    failing.fail(Cut())
    await #expect(throws: Cut.self) { try await third.value }
  }

  @Test("Only the first end counts")
  func ends() async throws {
    let body = IncomingBody {}
    body.finish()
    body.fail(Cut())
    #expect(await Self.read(body) == ([], nil))
    let failing = IncomingBody {}
    failing.fail(Cut())
    failing.finish()
    #expect(await Self.read(failing) == ([], Cut()))
  }

  @Test("What is discarded is empty, whatever came and comes")
  func discarded() async throws {
    let body = IncomingBody {}
    body.append(Self.piece("a"))
    body.discard()
    body.append(Self.piece("b"))
    body.fail(Cut())
    #expect(body.bufferedBytes == 0)
    #expect(await Self.read(body) == ([], nil))
  }

  @Test("Each piece that was taken is told of, and the rest that is discarded")
  func taken() async throws {
    let taken = NIOLockedValueBox(0)
    let body = IncomingBody { taken.withLockedValue { $0 += 1 } }
    for text in ["a", "b"] { body.append(Self.piece(text)) }
    _ = try await body.makeAsyncIterator().next()
    #expect(taken.withLockedValue { $0 } == 1)
    body.discard()
    #expect(taken.withLockedValue { $0 } == 2)
  }

  @Test("Sender and reader on two threads lose nothing and mix nothing up")
  func concurrent() async throws {
    for _ in 0..<20 {
      let body = IncomingBody {}
      async let sender: Void = {
        for number in 0..<500 {
          body.append(Self.piece("\(number)"))
          if number.isMultiple(of: 7) { await Task.yield() }
        }
        body.finish()
      }()
      let (pieces, failure) = await Self.read(body)
      await sender
      #expect(pieces == (0..<500).map(String.init) && failure == nil)
    }
  }
}
