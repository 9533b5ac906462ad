# `make` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help run test test-long test-faults test-consistency test-api test-fuzz test-servers bench bench-setup bench-growth bench-idle bench-micro bench-worker lint format packages build release programs install clean-data

# Both keep SwiftPM's command lines the same, or it compiles again what did not change: it orders the flags of packages
# with traits by hash, and asks for colours on a terminal.
BUILD := SWIFT_DETERMINISTIC_HASHING=1 swift build --no-color-diagnostics
# The suites about what clients are answered, for a regular expression.
EMPTY :=
HTTP_SUITES := $(subst $(EMPTY) ,|,$(basename $(notdir $(wildcard \
  $(addprefix Tests/IntegrationTests/,HTTP/*Tests.swift RateLimit/*Tests.swift Identity/*Tests.swift \
  OutageTests.swift ShutdownTests.swift WireLimitTests.swift)))))
# The standard library is linked in, so that the programs run where no Swift is installed.
RELEASE := $(BUILD) -c release --static-swift-stdlib

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: packages ## Build, start everything on loopback, feed samples; PORT=… WORKER_PORT=… REDIS_CACHE_PORT=… choose ports
	@deploy/scripts/run.sh ports
	@$(MAKE) --no-print-directory release
	@deploy/scripts/run.sh

test: ## Packages, lint, build, and all tests against real servers, with the time of each stage
	@deploy/scripts/test.sh

test-long: packages build ## The queue's model test at a million steps; QUEUE_MODEL_SEED=… repeats a run, QUEUE_MODEL_STEPS=…
	QUEUE_MODEL_STEPS=$${QUEUE_MODEL_STEPS:-1000000} swift test --skip-build --disable-xctest --filter QueueModelTests/model

test-faults: packages build ## Play the faults at full length, and each deliberate break on 20 seeds; FAULTS_SEED=… FAULTS_ONLY=…
	FAULTS=long swift test --skip-build --disable-xctest --no-parallel --filter 'IntegrationTests.*FaultTests'

test-consistency: packages build ## Check reads under faults of servers and networks, each for itself; CONSISTENCY_SEED=… CONSISTENCY_ONLY=…
	CONSISTENCY=long swift test --skip-build --disable-xctest --no-parallel \
	  --filter 'IntegrationTests.*(Consistency|RelayTiming|BlackHole|ReplicaMix|Stampede)Tests'

test-api: packages build ## Let openapi-spec-validator and schemathesis at the API, as user, service, admin and nobody; FRESHET_SEED=…
	deploy/scripts/python-tools.sh
	API_TESTS=long swift test --skip-build --disable-xctest --no-parallel \
	  --filter 'IntegrationTests.*(OpenAPI|Schemathesis)Tests'

test-fuzz: packages ## Give a million hostile cases to every parser, with coverage; FUZZ_SEED=… FUZZ_CASES=… ONLY=… SANITIZE=address
	@Tests/FuzzTests/fuzz.sh

test-servers: packages build ## Run the suites about HTTP with each of the other servers of HTTP_SERVER; SERVERS="routed stock"
	set -e; for server in $${SERVERS:-routed stock}; do \
	  echo "== HTTP_SERVER=$$server"; \
	  FRESHET_HTTP_SERVER=$$server swift test --skip-build --disable-xctest --no-parallel \
	    --filter 'IntegrationTests.Integration/($(HTTP_SUITES))/'; \
	done

bench: bench-setup ## Measure the API in turn with nginx, Go and Express; QUICK=1, RECORD=1, ONLY="cached fill patch mix intake off", PEERS=…, PROGRAMS=…
	@[ -n "$(PROGRAMS)" ] || $(MAKE) --no-print-directory release
	@Tests/Benchmarks/bench.sh

bench-setup: ## Install and build what make bench measures against
	@deploy/scripts/packages.sh bench
	@Tests/Benchmarks/peers/setup.sh

bench-growth: ## Measure how the API's cost grows; QUICK=1, RECORD=1, ONLY="connections sizes instances database", SIZE=1000000
	@deploy/scripts/packages.sh bench-growth
	@[ -n "$(PROGRAMS)" ] || $(MAKE) --no-print-directory release
	@Tests/Benchmarks/growth.sh

bench-idle: ## Check what idle connections cost the API in memory and latency; QUICK=1, RECORD=1, IDLE=15000
	@deploy/scripts/packages.sh bench-idle
	@[ -n "$(PROGRAMS)" ] || $(MAKE) --no-print-directory release
	@Tests/Benchmarks/idle.sh

bench-micro: ## Count instructions and allocations of the fast paths, and hold them to Tests/Benchmarks/micro.tsv
	@deploy/scripts/packages.sh bench-micro
	@Tests/Benchmarks/micro.sh release

bench-worker: ## Measure the worker against one in Go, its growth and idle cost; QUICK=1, RECORD=1, ONLY="peer growth backlog idle"
	@deploy/scripts/packages.sh bench-worker
	@[ -n "$(PROGRAMS)" ] || $(MAKE) --no-print-directory release
	@Tests/Benchmarks/worker.sh

lint: ## Check the format of the sources, and scripts and container files where the tools are installed
	@deploy/scripts/lint.sh

format: ## Format the Swift sources in place
	@swift format --in-place --parallel --configuration .swift-format --recursive Package.swift Sources Tests

packages: ## Install the missing Debian packages
	@deploy/scripts/packages.sh

build: ## Build everything in debug, tests included
	$(BUILD) --build-tests

release: ## Build both programs in release
	$(RELEASE) --product APIService
	$(RELEASE) --product WebhookWorker
	@! grep -q FRESHET_BREAK "$$($(RELEASE) --show-bin-path)/WebhookWorker" || { \
	  echo "a release knows the deliberate breaks of the tests" >&2; exit 1; }

programs:
	@$(RELEASE) --show-bin-path

install: ## Copy the programs and their resources to DESTDIR=…
	@test -n "$(DESTDIR)" || { echo "usage: make install DESTDIR=…" >&2; exit 64; }
	mkdir -p "$(DESTDIR)"
	cd "$$($(RELEASE) --show-bin-path)" && cp -R APIService WebhookWorker freshet_*.resources "$(DESTDIR)"

clean-data: ## Drop the data of make run
	@deploy/scripts/local-stack.sh clean
