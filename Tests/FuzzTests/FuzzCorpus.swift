import TestSupport

/// Inputs worth varying, and the ways to vary them.
struct FuzzCorpus {
  private static let limit = 4096
  private static let longest = 16 << 10

  private var sound: [[UInt8]]
  private var refused: [[UInt8]] = []
  private let dictionary: [[UInt8]]
  /// Of all that was kept, with what an array costs beside its elements.
  private(set) var bytes = 0

  init(seeds: [[UInt8]], dictionary: [String]) {
    precondition(!seeds.isEmpty, "a corpus begins with seeds")
    sound = seeds
    self.dictionary = dictionary.map { Array($0.utf8) }
  }

  /// Remembers an input that did something new, up to a limit.
  mutating func keep(_ input: [UInt8], as outcome: FuzzOutcome) {
    switch outcome {
    case .accepted where sound.count < Self.limit: sound.append(input)
    case .refused where refused.count < Self.limit: refused.append(input)
    default: return
    }
    bytes += input.capacity + 32
  }

  /// One of the inputs, with one change in half of the cases, two in a quarter, and so on: what is changed much is refused
  /// early.
  func next(_ random: inout SplitMix64) -> [UInt8] {
    var input = base(&random)
    for _ in 0...random.next().trailingZeroBitCount { change(&input, &random) }
    return input.count > Self.longest ? Array(input.prefix(Self.longest)) : input
  }

  /// Mostly what was accepted: what begins as a fault mostly stays one.
  private func base(_ random: inout SplitMix64) -> [UInt8] {
    any(refused.isEmpty || random.number(0...9) > 0 ? sound : refused, &random)
  }

  private func change(_ input: inout [UInt8], _ random: inout SplitMix64) {
    let position = random.number(0...input.count)
    let range = position..<min(input.count, position + random.number(0...12))
    switch random.number(0...10) {
    case 0 where position < input.count: input[position] ^= 1 << UInt8(random.number(0...7))
    case 1 where position < input.count: input[position] = UInt8(random.number(0...255))
    case 2: input.insert(UInt8(random.number(0...255)), at: position)
    case 3: input.removeSubrange(range)
    case 9 where position < input.count: input[position] = UInt8(random.number(48...122))
    case 4: input.insert(contentsOf: input[range], at: position)
    case 5, 6: input.insert(contentsOf: any(dictionary, &random), at: position)
    case 7: input.replaceSubrange(range, with: any(dictionary, &random))
    case 8: splice(&input, at: position, &random)
    default: replaceNumber(&input, from: position, &random)
    }
  }

  /// The rest of another input follows.
  private func splice(_ input: inout [UInt8], at position: Int, _ random: inout SplitMix64) {
    let other = base(&random)
    input.replaceSubrange(position..., with: other[random.number(0...other.count)...])
  }

  /// The next run of digits becomes one at the edge of something.
  private func replaceNumber(_ input: inout [UInt8], from position: Int, _ random: inout SplitMix64) {
    let isDigit = { (byte: UInt8) in (48...57).contains(byte) }
    guard let start = input[position...].firstIndex(where: isDigit) else { return }
    let end = input[start...].firstIndex { !isDigit($0) } ?? input.count
    let numbers = [
      "0", "-1", "00", "1", "63", "64", "127", "128", "255", "256", "65535", "65536", "2147483647",
      "2147483648",
      "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e309", "1E-400",
      "0.1",
    ]
    input.replaceSubrange(start..<end, with: Array(any(numbers, &random).utf8))
  }

  private func any<Element>(_ elements: [Element], _ random: inout SplitMix64) -> Element {
    elements[random.number(0...elements.count - 1)]
  }
}
