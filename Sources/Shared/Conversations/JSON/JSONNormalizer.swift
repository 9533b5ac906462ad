/// Writes one value in normal form. Open containers stand in an array, not on the native stack.
struct JSONNormalizer {
  fileprivate struct Member {
    let key: Range<Int>
    var end = 0
  }

  fileprivate struct Frame {
    let start: Int
    let isObject: Bool
    var members: [Member] = []
    var isEmpty = true
  }

  private let numbers: NormalizedJSON.Numbers
  private(set) var output: [UInt8] = []
  private(set) var depth = 0
  private(set) var hasUnstorableNumber = false
  private var frames: [Frame] = []

  init(numbers: NormalizedJSON.Numbers) { self.numbers = numbers }

  mutating func run(_ scanner: inout JSONScanner) throws(JSONError) {
    try begin(&scanner)
    while !frames.isEmpty {
      // Not a copy of the frame: that would make every change to its members copy them all.
      let isObject = frames[frames.count - 1].isObject
      if isObject { endMember() }
      let goesOn = isObject ? try beginMember(&scanner) : try beginElement(&scanner)
      if goesOn { try begin(&scanner) } else { close() }
    }
  }

  /// Writes a scalar, or opens a container.
  private mutating func begin(_ scanner: inout JSONScanner) throws(JSONError) {
    switch try scanner.kind() {
    case .object: try open(&scanner, isObject: true)
    case .array: try open(&scanner, isObject: false)
    case .string: write(string: scanner.decode(try scanner.text()).string)
    case .number: write(number: scanner.bytes[try scanner.skipValue()])
    case .boolean, .null: output.append(contentsOf: scanner.bytes[try scanner.skipValue()])
    }
  }

  private mutating func open(_ scanner: inout JSONScanner, isObject: Bool) throws(JSONError) {
    try scanner.enter()
    frames.append(Frame(start: output.count, isObject: isObject))
    output.append(UInt8(ascii: isObject ? "{" : "["))
    depth = max(depth, frames.count)
  }

  private mutating func beginElement(_ scanner: inout JSONScanner) throws(JSONError) -> Bool {
    guard try scanner.nextElement() else { return false }
    separate()
    return true
  }

  private mutating func beginMember(_ scanner: inout JSONScanner) throws(JSONError) -> Bool {
    guard let key = try scanner.nextMember() else { return false }
    separate()
    let start = output.count
    write(string: scanner.decode(key).string)
    frames[frames.count - 1].members.append(Member(key: start..<output.count))
    output.append(UInt8(ascii: ":"))
    return true
  }

  private mutating func separate() {
    if !frames[frames.count - 1].isEmpty { output.append(UInt8(ascii: ",")) }
    frames[frames.count - 1].isEmpty = false
  }

  private mutating func endMember() {
    let frame = frames.count - 1
    let member = frames[frame].members.count - 1
    if member >= 0 { frames[frame].members[member].end = output.count }
  }

  private mutating func close() {
    let frame = frames.removeLast()
    if let members = frame.sorted(output) {
      output.replaceSubrange(frame.start..., with: members)
    }
    output.append(UInt8(ascii: frame.isObject ? "}" : "]"))
  }

  private mutating func write(string: String) {
    var string = string
    output.append(UInt8(ascii: "\""))
    string.withUTF8 { JSONEscape.append($0, to: &output) }
    output.append(UInt8(ascii: "\""))
  }

  private mutating func write(number token: Slice<UnsafeBufferPointer<UInt8>>) {
    let number = JSONNumber(token)
    guard number.isStorable else {
      hasUnstorableNumber = true
      return write(string: String(decoding: token, as: UTF8.self))
    }
    switch numbers {
    case .asWritten:
      let hasExponent = token.contains { $0 | 0x20 == UInt8(ascii: "e") }
      output.append(contentsOf: hasExponent ? number.expanded : Array(token))
    case .reduced: output.append(contentsOf: number.reduced)
    }
  }
}

extension JSONNormalizer.Frame {
  /// The object's text in key order, up to its closing brace; nil when it stands like that already.
  fileprivate func sorted(_ output: [UInt8]) -> [UInt8]? {
    let isSorted = zip(members, members.dropFirst()).allSatisfy { left, right in
      output[left.key].lexicographicallyPrecedes(output[right.key])
    }
    guard !isSorted else { return nil }
    var result = [UInt8(ascii: "{")]
    for member in lastOfEach(output) {
      if result.count > 1 { result.append(UInt8(ascii: ",")) }
      result.append(contentsOf: output[member.key.lowerBound..<member.end])
    }
    return result
  }

  private func lastOfEach(_ output: [UInt8]) -> [JSONNormalizer.Member] {
    var result: [JSONNormalizer.Member] = []
    // The sort is stable, so of equal keys the one sent last comes last.
    for member in members.sorted(by: { output[$0.key].lexicographicallyPrecedes(output[$1.key]) }) {
      if let last = result.last, output[last.key] == output[member.key] { result.removeLast() }
      result.append(member)
    }
    return result
  }
}
