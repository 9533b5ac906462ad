import HTTPTypes
import NIOCore

/// Takes the header fields of an answer, one after the other: those of a response, or the bytes that are sent.
protocol FieldSink {
  mutating func add(_ name: HTTPField.Name, _ value: String)
}

extension HTTPFields: FieldSink {
  mutating func add(_ name: HTTPField.Name, _ value: String) { append(HTTPField(name: name, value: value)) }
}

/// As they go over the wire in HTTP/1.1.
extension ByteBuffer: FieldSink {
  mutating func add(_ name: HTTPField.Name, _ value: String) {
    var (name, value) = (name.rawName, value)
    // At once: each write by itself would ask again whether there is room, and whose the bytes are.
    writeWithUnsafeMutableBytes(minimumWritableBytes: name.utf8.count + value.utf8.count + 4) { target in
      var position = 0
      func write(_ bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: target[position...]).copyMemory(from: bytes)
        position += bytes.count
      }
      name.withUTF8 { write(UnsafeRawBufferPointer($0)) }
      (": " as StaticString).withUTF8Buffer { write(UnsafeRawBufferPointer($0)) }
      value.withUTF8 { write(UnsafeRawBufferPointer($0)) }
      ("\r\n" as StaticString).withUTF8Buffer { write(UnsafeRawBufferPointer($0)) }
      return position
    }
  }
}
