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
    writeString(name.rawName)
    writeStaticString(": ")
    writeString(value)
    writeStaticString("\r\n")
  }
}
