import NIOCore
import Testing

@testable import Cache

@Suite struct EntityTagsTests {
  private static let hash = ContentHash(of: ByteBuffer(string: "{}"))
  private static let plain = hash.etag(.plain)
  private static let gzip = hash.etag(.gzip)

  @Test("The forms have tags of their own, both strong")
  func forms() {
    #expect(Self.plain == "\"\(Self.hash.text)\"")
    #expect(Self.gzip == "\"\(Self.hash.text)-gzip\"")
    #expect(ContentHash.packedTag(Self.plain) == Self.gzip)
    #expect(CachedValue.etag(of: ByteBuffer(string: "{}")) == Self.plain)
  }

  @Test("If-None-Match compares weakly, and knows the content by either tag, lists and the star")
  func known() {
    let (plain, gzip) = (Self.plain, Self.gzip)
    let cases: [([String], ContentForm?)] = [
      ([plain], .plain), (["W/\(plain)"], .plain), (["\"b\", \(plain)"], .plain),
      (["\"b\"", " \(plain) "], .plain),
      ([gzip], .gzip), (["W/\(gzip)"], .gzip), (["\"b\""], nil), ([Self.hash.text], nil), ([], nil),
      ([""], nil),
      (["\"\(Self.hash.text)-br\""], nil),
    ]
    for (fields, form) in cases {
      for sent in [ContentForm.plain, .gzip] {
        #expect(EntityTags(fields).knownForm(of: Self.hash, sending: sent) == form, "\(fields)")
      }
    }
  }

  @Test("Of two tags that are known, that of the form to be sent is told; so it is for the star")
  func preferred() {
    for fields in [[Self.plain, Self.gzip], ["*"]] {
      for form in [ContentForm.plain, .gzip] {
        #expect(EntityTags(fields).knownForm(of: Self.hash, sending: form) == form)
      }
    }
  }

  @Test("If-Match compares strongly, with either form's tag, and is no condition when absent")
  func match() {
    let (plain, gzip) = (Self.plain, Self.gzip)
    for fields in [[plain], [gzip], ["*"], [], ["\"b\",\(plain)"], ["\"b\"", gzip]] {
      #expect(EntityTags(fields).match(plain), "\(fields)")
    }
    for fields in [["W/\(plain)"], ["W/\(gzip)"], ["\"b\""], [""], [Self.hash.text]] {
      #expect(!EntityTags(fields).match(plain), "\(fields)")
    }
  }

  @Test("Without any tag nothing is named")
  func empty() {
    #expect(EntityTags().isEmpty && EntityTags([""]).isEmpty && EntityTags([" , "]).isEmpty)
    #expect(!EntityTags(["*"]).isEmpty)
  }
}
