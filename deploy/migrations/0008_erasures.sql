-- What was deleted and may still be somewhere else: payloads in the queue and among the dead letters, and, of a user, his
-- conversations. Written in the transaction of the deletion, done in steps by whichever process comes first, and done once
-- more a minute later, when nothing is under way any more that had begun before. Then the row goes.
CREATE TABLE erasures (
  id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Exactly one of the two. The external id is in clear here, for events carry it so.
  user_id      text        COLLATE "C" UNIQUE,
  external_id  text        COLLATE "C" UNIQUE,
  requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When it may be taken on: a process that does so puts this off, and whoever finds it past goes on after its death.
  due_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK (num_nonnulls(user_id, external_id) = 1)
);

-- What is to be done now.
CREATE INDEX erasures_due ON erasures (due_at);
-- A conversation's letters.
CREATE INDEX dead_letters_conversation ON dead_letters (conversation);
