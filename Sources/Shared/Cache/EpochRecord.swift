internal import NIOCore

/// What Redis keeps per group: `epoch|floor`.
struct EpochRecord: Equatable, Sendable {
  let epoch: CacheEpoch
  /// The LSN a replica must have replayed before its data counts; nil (`?`) when unknown, then only the primary does.
  let floor: UInt64?

  init(epoch: CacheEpoch, floor: UInt64?) {
    self.epoch = epoch
    self.floor = floor
  }

  /// Nil for anything the scripts would not have written: such a record counts as missing, for them as well.
  init?(_ bytes: ByteBuffer) {
    let view = bytes.readableBytesView
    guard view.count > CacheEpoch.textLength,
      view[view.startIndex + CacheEpoch.textLength] == UInt8(ascii: "|"),
      let epoch = CacheEpoch(view.prefix(CacheEpoch.textLength)),
      let floor = Floor(view.dropFirst(CacheEpoch.textLength + 1))
    else { return nil }
    self.init(epoch: epoch, floor: floor.lsn)
  }

  /// The text form of a floor.
  struct Floor {
    let lsn: UInt64?

    init?(_ text: some Collection<UInt8>) {
      if text.elementsEqual([UInt8(ascii: "?")]) {
        lsn = nil
      } else if let known = UInt64(lowercaseHex: text) {
        lsn = known
      } else {
        return nil
      }
    }
  }
}
