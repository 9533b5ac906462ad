/// Every metric of the programs.
///
/// `freshet_queue_…` is read from the queue's Redis and the same on every worker, `freshet_fence_…` and
/// `freshet_erasures_…` from the cache's Redis and from Postgres and the same on every process: take the maximum. `freshet_api_…`, `freshet_cache_…` and
/// `freshet_worker_…` are a process's own: take the sum. A counter begins at nought when its process, or the queue, begins.
package enum MetricName {
  package static let buildInfo = MetricDescription("freshet_build_info", "1; the label tells the release.")
  package static let redisUp = MetricDescription(
    "freshet_redis_up", "Whether a connection to the Redis of this role takes commands.")
  package static let postgresUp = MetricDescription(
    "freshet_postgres_up", "Whether this Postgres answered on at least one connection of the pool.")
}

/// The queue, as one look at its Redis shows it. Absent while `freshet_queue_up` is 0.
extension MetricName {
  package static let queueUp = MetricDescription("freshet_queue_up", "Whether the queue could be looked at.")
  package static let queueDepth = MetricDescription(
    "freshet_queue_depth", "Events that wait or are in a worker's hand.")
  package static let queueOldestWaiting = MetricDescription(
    "freshet_queue_oldest_waiting_seconds",
    "How long the event whose turn is next has waited; 0 when none is in line.")
  package static let queueReady = MetricDescription("freshet_queue_ready", "Conversations in line.")
  package static let queueDelayed = MetricDescription(
    "freshet_queue_delayed", "Conversations that wait for a retry.")
  package static let queueSuspect = MetricDescription(
    "freshet_queue_suspect", "Conversations in quarantine, in line.")
  package static let queueInFlight = MetricDescription(
    "freshet_queue_in_flight", "Conversations in a worker's hand.")
  package static let queueDead = MetricDescription("freshet_queue_dead", "Dead events.")
  package static let queueWorkers = MetricDescription("freshet_queue_workers", "Registered workers.")
  package static let queuePaused = MetricDescription(
    "freshet_queue_paused", "Whether an operator paused the queue.")
  package static let queueEnqueued = MetricDescription("freshet_queue_enqueued_total", "Events accepted.")
  package static let queueSettled = MetricDescription(
    "freshet_queue_settled_total", "Events applied and let go.")
  package static let queueRetried = MetricDescription(
    "freshet_queue_retried_total", "Failures after which an event was to be tried again.")
  package static let queueDied = MetricDescription("freshet_queue_died_total", "Deaths of events.")
  package static let queueReplayed = MetricDescription(
    "freshet_queue_replayed_total", "Dead events that an operator gave another life.")
  package static let queueDiscarded = MetricDescription(
    "freshet_queue_discarded_total", "Dead events that an operator gave up.")
  package static let queueErased = MetricDescription(
    "freshet_queue_erased_total",
    "Dead events that came back empty, to end on record, because their conversations were deleted.")
  package static let queueReaped = MetricDescription(
    "freshet_queue_reaped_total", "Conversations taken from dead workers.")
  package static let queueReconciled = MetricDescription(
    "freshet_queue_reconciled_total", "Conversations taken back because a reply was lost.")
}

/// What one process made of the cache.
extension MetricName {
  package static let cacheReads = MetricDescription(
    "freshet_cache_reads_total",
    "Reads by outcome: hit, unverified (a hit in mode available), miss, stale, and bypass with the reason.")
  package static let cacheFills = MetricDescription(
    "freshet_cache_fills_total", "Answers of the database offered to Redis, by what became of them.")
  package static let cacheRefreshes = MetricDescription(
    "freshet_cache_refreshes_total", "Values loaded anew in the background while the old one was served.")
  package static let cacheRefreshFailures = MetricDescription(
    "freshet_cache_refresh_failures_total", "Of those, the ones that failed.")
  package static let cacheConversions = MetricDescription(
    "freshet_cache_conversions_total", "Bodies packed or unpacked for one reader, by the form it takes.")
  package static let cacheTrustLapses = MetricDescription(
    "freshet_cache_trust_lapses_total",
    "Times from when on this process could not verify what Redis said, by reason.")
  package static let cacheFailures = MetricDescription(
    "freshet_cache_redis_failures_total",
    "Commands of reads, and of the rate limit, that Redis failed, by reason.")
  package static let cacheBreakerOpen = MetricDescription(
    "freshet_cache_breaker_open", "Whether this process asks Redis by probes only.")
  package static let cacheUnconfirmed = MetricDescription(
    "freshet_cache_invalidations_unconfirmed_total",
    "Groups whose invalidation Redis did not confirm in time, so that the relay had to.")
}

/// How fresh what is cached is known to be, as Redis and Postgres show it. What cannot be seen is absent.
extension MetricName {
  package static let fenceAge = MetricDescription(
    "freshet_fence_age_seconds",
    "Since the moment up to which every commit is known to be invalidated; hits count until 5. Absent: they do not."
  )
  package static let fencePending = MetricDescription(
    "freshet_fence_outbox_pending", "Writes that are not known to be invalidated; 10,000 stand for more.")
  package static let fenceOldestPending = MetricDescription(
    "freshet_fence_outbox_oldest_seconds", "How old the oldest of them is; 0 when there is none.")
}

/// What deletions have left to be done, as Postgres shows it. Absent while it cannot be seen.
extension MetricName {
  package static let erasuresPending = MetricDescription(
    "freshet_erasures_pending",
    "Deletions not done for good; in health each is for a minute, and then once more. 10,000 stand for more.")
}

/// What one API answered.
extension MetricName {
  package static let apiRequests = MetricDescription(
    "freshet_api_requests_total", "Requests by method, route and status.")
  package static let apiRefusals = MetricDescription(
    "freshet_api_refusals_total",
    "What was answered before any route saw it, because it was no request, too large or too slow; by code.")
  package static let apiConnections = MetricDescription(
    "freshet_api_connections", "Connections of clients.")
  package static let apiDuration = MetricDescription(
    "freshet_api_request_seconds", "From a request's head to its answer's, by route.", buckets: .workSeconds)
  package static let keySetFetches = MetricDescription(
    "freshet_api_key_set_fetches_total", "Fetches of the identity provider's keys, by outcome.")
  package static let keySetAge = MetricDescription(
    "freshet_api_key_set_age_seconds",
    "For how long its keys have not been confirmed; absent before the first time.")
}

/// What the rate limits of one API did.
extension MetricName {
  package static let rateLimitRequests = MetricDescription(
    "freshet_rate_limit_requests_total",
    "Requests counted, by outcome and by limit: user, service, and failed attempts of authentication and webhook."
  )
  package static let rateLimitFallbacks = MetricDescription(
    "freshet_rate_limit_fallbacks_total",
    "Requests that Redis did not count, so that RATE_LIMIT_ON_STORE_ERROR decided, by limit.")
}

/// What one worker did.
extension MetricName {
  package static let deliveries = MetricDescription(
    "freshet_worker_deliveries_total", "Events handed to this worker, again after a failure or an outage.")
  package static let acknowledged = MetricDescription(
    "freshet_worker_acknowledged_total", "Events this worker applied and let go.")
  package static let retries = MetricDescription(
    "freshet_worker_retries_total", "Failures after which an event is tried again, by class.")
  package static let deaths = MetricDescription(
    "freshet_worker_deaths_total",
    "Events given up by this worker, by reason; for poison, those it found in a dead worker's hand.")
  package static let reaped = MetricDescription(
    "freshet_worker_reaped_total", "Conversations this worker took from dead ones.")
  package static let released = MetricDescription(
    "freshet_worker_released_total",
    "Conversations given back without an attempt, because a dependency was away or another had them.")
  package static let fenced = MetricDescription(
    "freshet_worker_fenced_total", "Conversations that were another worker's already, by who said so.")
  package static let unknown = MetricDescription(
    "freshet_worker_settle_unknown_total", "Conversations whose settling was not confirmed in time.")
  package static let skippedEntries = MetricDescription(
    "freshet_worker_skipped_entries_total", "Transcript entries without role and content, left out.")
  package static let batchesInFlight = MetricDescription(
    "freshet_worker_batches_in_flight", "Batches under way.")
  package static let loopSilence = MetricDescription(
    "freshet_worker_loop_silence_seconds", "Since the consume loop last moved; not alive from 30.")
  package static let batchSize = MetricDescription(
    "freshet_worker_batch_events", "Events per batch.", buckets: .powersOfTwo)
  package static let wait = MetricDescription(
    "freshet_worker_wait_seconds", "From an event's receipt to its delivery to a worker.",
    buckets: .queueSeconds)
  package static let endToEnd = MetricDescription(
    "freshet_worker_end_to_end_seconds", "From an event's receipt until it is applied and let go.",
    buckets: .queueSeconds)
  package static let process = MetricDescription(
    "freshet_worker_process_seconds", "A batch's decoding, transactions and invalidation.",
    buckets: .workSeconds)
  package static let commit = MetricDescription(
    "freshet_worker_commit_seconds", "A transaction's COMMIT.", buckets: .workSeconds)
  package static let settle = MetricDescription(
    "freshet_worker_settle_seconds", "Letting go of a batch in Redis.", buckets: .workSeconds)
}

/// The process, under the names that Prometheus' own clients use.
extension MetricName {
  package static let processCPU = MetricDescription(
    "process_cpu_seconds_total", "User and system CPU time spent.")
  package static let processMemory = MetricDescription(
    "process_resident_memory_bytes", "Resident memory.")
  package static let processOpenFiles = MetricDescription("process_open_fds", "Open file descriptors.")
  package static let processMaximumFiles = MetricDescription(
    "process_max_fds", "The most file descriptors the process may have open.")
  package static let processStart = MetricDescription(
    "process_start_time_seconds", "Start of the process since the Unix epoch.")
}
