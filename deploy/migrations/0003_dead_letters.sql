-- Events that died in the queue, copied here before Redis may forget them, and what purging needs.

CREATE TABLE dead_letters (
  event_id      text        COLLATE "C" PRIMARY KEY,
  conversation  text        COLLATE "C" NOT NULL,
  -- NULL: it was lost, which is what the event died of, or the letter is resolved.
  payload       bytea,
  traceparent   text,
  reason        text        NOT NULL,
  failure_class text        NOT NULL,
  message       text        NOT NULL,
  deliveries    integer     NOT NULL,
  strikes       integer     NOT NULL,
  enqueued_at   timestamptz NOT NULL,
  died_at       timestamptz NOT NULL,
  copied_at     timestamptz NOT NULL DEFAULT now(),
  -- When Redis forgot it: from then on this is the only copy.
  purged_at     timestamptz,
  -- NULL: still dead.
  resolution    text        CHECK (resolution IN ('replayed', 'discarded', 'settled')),
  resolved_at   timestamptz,
  CHECK ((resolution IS NULL) = (resolved_at IS NULL))
);

-- The dead by age: lists, counts and replays of what Redis forgot.
CREATE INDEX dead_letters_unresolved ON dead_letters (died_at, event_id) WHERE resolution IS NULL;
-- Purging.
CREATE INDEX dead_letters_resolved ON dead_letters (resolved_at) WHERE resolution IS NOT NULL;

-- When each task of the worker's upkeep last began: of any number of workers one does it.
CREATE TABLE upkeep_runs (
  task   text        COLLATE "C" PRIMARY KEY,
  ran_at timestamptz NOT NULL
);
