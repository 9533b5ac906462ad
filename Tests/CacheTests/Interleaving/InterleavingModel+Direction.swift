@testable import Cache

/// The model without chance: one actor at a time, as far as a schedule says.
extension InterleavingModel {
  mutating func reader(process: Int = 0) -> ModelReader { ModelReader(process: process, entry: 0, &self) }

  /// A whole read and its fill.
  mutating func read(process: Int = 0) async throws {
    var reader = reader(process: process)
    try await finish(&reader)
    try await settleFills()
  }

  /// A whole write.
  mutating func write() async throws {
    var writer = ModelWriter()
    try await finish(&writer)
  }

  /// Until it is there; to its end if it never gets there.
  mutating func advance(_ reader: inout ModelReader, to stage: ModelReader.Stage) async throws {
    while reader.stage != stage, try await reader.step(&self) {}
  }

  mutating func advance(_ writer: inout ModelWriter, to stage: ModelWriter.Stage) async throws {
    while writer.stage != stage, try await writer.step(&self) {}
  }

  mutating func finish(_ reader: inout ModelReader) async throws { try await advance(&reader, to: .done) }

  mutating func finish(_ writer: inout ModelWriter) async throws {
    while try await writer.step(&self) {}
  }
}
