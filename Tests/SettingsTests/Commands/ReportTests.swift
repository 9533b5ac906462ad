import Settings
import Testing

@Suite struct ReportTests {
  @Test("Columns begin below each other, and nothing in a cell controls the terminal")
  func table() {
    var table = Table("A", "LONGER")
    table.add("wide cell", "x\u{1B}[31m\n\u{202E}y")
    table.add("b", "")
    #expect(table.text == "A          LONGER\nwide cell  x\u{FFFD}[31m \u{FFFD}y\nb          ")
  }

  @Test(
    "A bar is as full as the work is done",
    arguments: [
      (0, 10, "---------- ] 0 of 10"), (5, 10, "#####-----] 5 of 10"), (10, 10, "##########] 10 of 10"),
      (0, 0, "##########] 0 of 0"), (7, 5, "##########] 7 of 5"),
    ])
  func bar(done: Int, total: Int, expected: String) {
    let line = ProgressBar.line("replaying", done, of: total, width: 10)
    #expect(line == "replaying [" + expected.replacing("- ]", with: "-]"))
  }
}
