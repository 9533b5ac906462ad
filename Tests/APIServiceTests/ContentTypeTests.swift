import Testing

@testable import APIService

@Suite struct ContentTypeTests {
  @Test(
    "A body is UTF-8 unless its type says something else, in whatever spelling",
    arguments: [
      ("application/json", true), ("application/json;", true), ("Application/JSON ; charset=utf-8", true),
      ("application/json;charset=UTF-8", true), (#"application/json; charset="utf-8""#, true),
      (#"application/json; CharSet="U\TF-8""#, true), ("application/json; profile=x; charset=utf-8", true),
      (#"application/json; profile="a;charset=utf-16\";charset=x""#, true),
      ("application/json; xcharset=utf-16", true), ("application/json; charset=utf-8; charset=utf-8", true),
      ("application/json; charset=utf-16", false), ("application/json;CHARSET=UTF-16LE", false),
      (#"application/json; charset="utf-16""#, false), ("application/json; charset=iso-8859-1", false),
      ("application/json; charset=", false), ("application/json; charset", false),
      (#"application/json; charset="utf-8"#, false), (#"application/json; profile="x"; charset=x"#, false),
      ("application/json; charset=utf-8; charset=utf-16", false),
      ("application/json; charset=utf-16; charset=utf-8", false),
    ])
  func charset(field: String, isUTF8: Bool) {
    let type = ContentType(field)
    #expect(type.mediaType == "application/json")
    #expect(type.isUTF8 == isUTF8)
  }

  @Test(
    "What is no media type is none",
    arguments: [("", ""), (";", ""), (" text/plain\t", "text/plain"), ("\"a;b\";c", "\"a;b\"")])
  func mediaType(field: String, name: String) {
    #expect(ContentType(field).mediaType == name)
  }
}
