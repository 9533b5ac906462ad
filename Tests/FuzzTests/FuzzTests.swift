import Testing

/// Hostile bytes into everything that parses them. Short here; `make test-fuzz` gives a million cases to each.
@Suite("Fuzz", .serialized)
struct FuzzTests {}
