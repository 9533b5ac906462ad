import TestSupport
import Testing

@Suite("What measurements tell despite noise")
struct MeasurementsTests {
  /// Both columns share bursts of noise; the first has `excess` on top.
  private func measurements(excess: Double, _ seed: UInt64) -> Measurements {
    var random = SplitMix64(seed: seed)
    var measurements = Measurements()
    var burst = 0.0
    for row in 0..<480 {
      if row.isMultiple(of: 20) { burst = Double.random(in: 0..<1, using: &random) < 0.2 ? 30 : 0 }
      let noise = (0..<2).map { _ in 3 + Double.random(in: 0...1, using: &random) * (1 + burst) }
      measurements.add([.milliseconds(1) * (noise[0] + excess), .milliseconds(1) * noise[1]])
    }
    return measurements
  }

  @Test("Equal columns differ by no more than noise, whatever the seed")
  func equal() {
    for seed in 0..<3 as Range<UInt64> {
      let measurements = measurements(excess: 0, seed)
      #expect(measurements.certainExcess(at: 0.99) <= 0.5)
      #expect(measurements.certainExcess(at: 0.5) <= 0.2)
    }
  }

  @Test("What is added to every row is noticed in the middle and in the tail")
  func added() {
    for seed in 0..<3 as Range<UInt64> {
      let measurements = measurements(excess: 15, seed)
      #expect(measurements.certainExcess(at: 0.99) > 1)
      #expect(measurements.certainExcess(at: 0.5) > 13)
    }
  }
}
