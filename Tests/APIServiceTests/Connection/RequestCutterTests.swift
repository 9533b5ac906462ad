import NIOCore
import Testing

@testable import APIService

@Suite struct RequestCutterTests {
  private static func pieces(_ parts: String..., body: ConnectionProgress.Body? = nil) -> [String] {
    var cutter = RequestCutter()
    var pieces: [String] = []
    for part in parts {
      var buffer = ByteBuffer(string: part)
      while buffer.readableBytes > 0 {
        pieces.append(buffer.readString(length: cutter.cut(buffer.readableBytesView, in: body)) ?? "")
      }
    }
    return pieces
  }

  private static func body(_ length: Int?, received: Int = 0) -> ConnectionProgress.Body {
    let now = NIODeadline.uptimeNanoseconds(0)
    return .init(since: now, last: now, bytes: received, isAwaited: false, length: length)
  }

  @Test("A head ends with its empty line, however the bytes come")
  func heads() {
    #expect(Self.pieces("a\r\nb\r\n\r\nc\r\n\r\nd") == ["a\r\nb\r\n\r\n", "c\r\n\r\n", "d"])
    #expect(Self.pieces("a\r", "\n\r", "\nb") == ["a\r", "\n\r", "\n", "b"])
    #expect(Self.pieces("a\n\nb\r\n", "\r\nc") == ["a\n\n", "b\r\n", "\r\n", "c"])
    #expect(Self.pieces("\r\na") == ["\r\n", "a"])
  }

  @Test("A body whose length is known ends there")
  func length() {
    #expect(Self.pieces("\r\n\r\nx", body: Self.body(9, received: 5)) == ["\r\n\r\n", "x"])
    #expect(Self.pieces("abc", body: Self.body(9)) == ["abc"])
  }

  @Test("A chunked one ends with an empty line behind its last chunk; those of its content cost no pieces")
  func chunks() {
    let content = "4\r\n\n\n\n\n\r\n"
    #expect(Self.pieces(content + "0\r\n\r\nGET", body: Self.body(nil)) == [content + "0\r\n\r\n", "GET"])
    #expect(Self.pieces(content + "0;x\r\nT: x\r\n\r\nG", body: Self.body(nil)).last == "G")
    #expect(Self.pieces("0\n\n\n\n", body: Self.body(nil)) == ["0\n\n", "\n\n"])
  }
}
