import Foundation
import TestSupport

/// The seed is printed and taken from `FRESHET_SEED` when set.
func seededGenerator(named name: String) -> SplitMix64 {
  let given = ProcessInfo.processInfo.environment["FRESHET_SEED"].flatMap { UInt64($0) }
  let seed = given ?? .random(in: 0 ... .max)
  print("\(name): FRESHET_SEED=\(seed)")
  return SplitMix64(seed: seed)
}
