-- What the worker records: one row per event, fences of conversations, and what was deleted.

-- The guarantee that an event is applied once: its id is inserted in the transaction of its effects.
CREATE TABLE webhook_events (
  external_event_id text        COLLATE "C" PRIMARY KEY,
  event_type        text        NOT NULL,
  external_id       text        COLLATE "C" NOT NULL,
  outcome           text        NOT NULL
                    CHECK (outcome IN ('applied', 'superseded', 'ignored', 'deleted')),
  event_time        timestamptz NOT NULL,
  received_at       timestamptz NOT NULL,
  processed_at      timestamptz NOT NULL DEFAULT now()
);

-- Purging by retention.
CREATE INDEX webhook_events_processed ON webhook_events (processed_at);

-- The highest fence that committed for a conversation: a worker that wakes up late cannot commit over
-- its successor. A table of its own: the fence must survive the conversation's DELETE.
CREATE TABLE queue_fences (
  conversation text        COLLATE "C" PRIMARY KEY,
  fence        bigint      NOT NULL,
  updated_at   timestamptz NOT NULL DEFAULT now()
);

-- Tombstones: later events of a deleted conversation are recorded without content and create nothing.
CREATE TABLE deleted_conversations (
  external_id_sha256 bytea       PRIMARY KEY,
  deleted_at         timestamptz NOT NULL DEFAULT now()
);
