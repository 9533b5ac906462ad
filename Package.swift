// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A module both programs share: one folder under `Sources/Shared`, one target, `package` access.
func shared(
  _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/Shared/\(name)", resources: resources,
    swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)Tests",
    swiftSettings: strict)
}

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioConcurrency: Target.Dependency = .product(
  name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let lifecycle: Target.Dependency = .product(
  name: "ServiceLifecycle", package: "swift-service-lifecycle")
let configuration: Target.Dependency = .product(
  name: "Configuration", package: "swift-configuration")
let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let httpTypesHTTP1: Target.Dependency = .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras")
let jwtKit: Target.Dependency = .product(name: "JWTKit", package: "jwt-kit")
let nioCompression: Target.Dependency = .product(
  name: "NIOHTTPCompression", package: "swift-nio-extras")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")

let package = Package(
  name: "freshet",
  products: [
    .executable(name: "APIService", targets: ["APIService"]),
    .executable(name: "WebhookWorker", targets: ["WebhookWorker"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.26.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.9.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.1.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
    .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.0"),
  ],
  targets: [
    .systemLibrary(name: "CHiredis", path: "Sources/Shared/CHiredis"),
    .systemLibrary(name: "CLibpq", path: "Sources/Shared/CLibpq"),
    .systemLibrary(name: "CZlib", path: "Sources/Shared/CZlib"),

    shared("Conversations", [crypto]),
    shared("Keyspace", ["Conversations"]),
    shared(
      "Redis", ["CHiredis", "Telemetry", nio, nioPosix, nioConcurrency, nioSSL, crypto, logging, lifecycle]),
    shared("Postgres", ["CLibpq", "Telemetry", nioConcurrency, logging, lifecycle]),
    shared("Gzip", ["CZlib", nio, nioConcurrency]),
    shared("RateLimit", ["Cache", "Keyspace", "Redis", nioConcurrency], resources: [.copy("Scripts")]),
    shared(
      "Cache",
      ["Redis", "Keyspace", "Gzip", "EventLoops", "Telemetry", nio, nioConcurrency, crypto, logging],
      resources: [.copy("Scripts")]),
    shared(
      "Queue", ["Redis", "Keyspace", "Telemetry", nio, nioConcurrency, crypto, logging, lifecycle],
      resources: [.copy("Scripts")]),
    shared(
      "ConversationStore",
      [
        "Conversations", "Keyspace", "Cache", "Postgres", "Telemetry", nio, nioConcurrency, lifecycle,
        logging,
      ]),
    shared("Erasure", ["Conversations", "ConversationStore", "Queue", "Telemetry", lifecycle, logging]),
    shared(
      "Settings",
      [
        "Cache", "ConversationStore", "Redis", "Postgres", "Telemetry", argumentParser, configuration,
        httpClient, lifecycle, logging, nio,
        nioHTTP,
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    shared("EventLoops", [nio, nioConcurrency, nioPosix]),
    shared("Telemetry", [nioConcurrency, lifecycle, logging, metrics]),

    .executableTarget(
      name: "APIService",
      dependencies: [
        "Conversations", "Keyspace", "Redis", "Postgres", "Cache", "ConversationStore", "Erasure", "Queue",
        "EventLoops", "RateLimit", "Settings", "Telemetry", hummingbird, jwtKit, httpClient, argumentParser,
        configuration,
        lifecycle, logging, metrics, nio, nioConcurrency, nioHTTP, nioPosix, hummingbirdCore, httpTypes,
        httpTypesHTTP1, crypto,
      ],
      resources: [.copy("../../deploy/migrations")], swiftSettings: strict),
    .executableTarget(
      name: "WebhookWorker",
      dependencies: [
        "Conversations", "Keyspace", "Redis", "Postgres", "Cache", "ConversationStore", "Erasure", "Queue",
        "Settings", "Telemetry", hummingbird, httpClient, argumentParser, configuration, lifecycle,
        logging, metrics, nio, nioConcurrency,
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "MicroBenchmarks",
      dependencies: ["Cache", "Conversations", "Keyspace", "RateLimit", "Redis", logging, nio],
      path: "Tests/Benchmarks/Micro", swiftSettings: strict),
    .target(
      name: "TestSupport", dependencies: [nio, nioPosix, nioConcurrency], path: "Tests/TestSupport",
      swiftSettings: strict),
    tests("TestSupport", []),
    tests("Conversations", ["Conversations"]),
    tests("Redis", ["Redis", "Telemetry", nio, nioPosix, nioConcurrency, nioSSL, logging, lifecycle]),
    tests("Postgres", ["Postgres", "Telemetry", logging, lifecycle]),
    tests("Gzip", ["Gzip", nio]),
    tests(
      "Cache",
      [
        "Cache", "Gzip", "Redis", "Keyspace", "Conversations", "Telemetry", nio, nioConcurrency, nioPosix,
        logging,
      ]),
    tests(
      "RateLimit",
      ["RateLimit", "Cache", "Keyspace", "Redis", "Conversations", nioConcurrency, logging, lifecycle]),
    tests("Queue", ["Queue", "Redis", "Keyspace", "Conversations", nio, nioConcurrency, logging, lifecycle]),
    tests(
      "ConversationStore",
      [
        "ConversationStore", "Cache", "Keyspace", "Redis", "Postgres", "Conversations", lifecycle, logging,
        nio,
        nioConcurrency,
      ]),
    tests("Telemetry", ["Telemetry", metrics]),
    tests(
      "Settings",
      [
        "Settings", "Cache", "ConversationStore", "Telemetry", "Redis", "Postgres", configuration, nio,
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    tests(
      "APIService",
      [
        "APIService", "Cache", "ConversationStore", "Conversations", "EventLoops", "Keyspace", "RateLimit",
        "Redis", "Settings", "Telemetry",
        crypto,
        httpTypes,
        httpTypesHTTP1, hummingbird, jwtKit, logging, nio, nioConcurrency, nioEmbedded, nioHTTP, nioPosix,
      ]),
    tests(
      "WebhookWorker",
      [
        "WebhookWorker", "Cache", "ConversationStore", "Conversations", "Keyspace", "Postgres", "Queue",
        "Redis", "Telemetry",
        logging, nio,
      ]),
    tests(
      "Fuzz",
      [
        "APIService", "Cache", "ConversationStore", "Conversations", "EventLoops", "Keyspace", "RateLimit",
        "Redis", "Telemetry",
        logging,
        nio, nioEmbedded, nioHTTP, httpTypes, httpTypesHTTP1, hummingbird, crypto,
      ]),
    tests("Integration", [httpClient, nio, nioPosix, nioHTTP, nioCompression, nioConcurrency, crypto]),
  ],
  swiftLanguageModes: [.v6]
)

// Optimised tests take long to compile: `make test-fuzz` asks for these alone.
if Context.environment["FUZZ_TESTS_ONLY"] != nil {
  package.targets.removeAll { $0.type == .test && $0.name != "FuzzTests" }
}
