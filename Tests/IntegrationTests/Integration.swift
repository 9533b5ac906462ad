import Testing

/// Both programs as an operator runs them, with real servers, seen from outside only.
///
/// One test at a time: most of them keep both processors busy, and some measure how soon something is back.
@Suite("Integration", .serialized)
enum Integration {}
