-- What the cache has to be told: written by triggers in the transaction of every change, whoever makes it, so that no
-- write path can forget. The writer invalidates these groups after its COMMIT; the relay does what it did not.
CREATE TABLE cache_outbox (
  id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction xid8        NOT NULL DEFAULT pg_current_xact_id(),
  -- At most 1,000 of conversation:<uuid> and user:<id>.
  groups      text[]      NOT NULL,
  written_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- The Redis server that confirmed, and the timeline of Postgres then: another one of either may not know. NULL: not done.
  done_by     text        COLLATE "C",
  done_at     timestamptz,
  CHECK ((done_by IS NULL) = (done_at IS NULL))
);

-- A writer's own rows.
CREATE INDEX cache_outbox_transaction ON cache_outbox (transaction);
-- What is to be done: where it is NULL, less or greater than the present name, each a range that is nearly always empty.
CREATE INDEX cache_outbox_done_by ON cache_outbox (done_by);

-- Notes pairs of a conversation and its owner; rows are cut at 500 of them, so at 1,000 groups.
CREATE FUNCTION cache_outbox_note(conversations uuid[], users text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cache_outbox (groups)
  SELECT array_agg(DISTINCT g.name)
  FROM unnest(conversations, users) WITH ORDINALITY AS t (id, user_id, number),
    LATERAL (VALUES ('conversation:' || t.id), ('user:' || t.user_id)) AS g (name)
  WHERE g.name IS NOT NULL GROUP BY (t.number - 1) / 500;
END
$$;

CREATE FUNCTION cache_outbox_conversations() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    PERFORM cache_outbox_note(array_agg(id), array_agg(user_id))
    FROM (SELECT id, user_id FROM changed UNION SELECT id, user_id FROM became) AS t;
  ELSIF TG_OP = 'TRUNCATE' THEN
    PERFORM cache_outbox_note(array_agg(id), array_agg(user_id)) FROM conversations;
  ELSE
    PERFORM cache_outbox_note(array_agg(id), array_agg(user_id)) FROM changed;
  END IF;
  RETURN NULL;
END
$$;

-- It runs with its owner's rights, so nobody else's schema may come first in its search path.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION cache_outbox_conversations() SET search_path = %I, pg_temp', current_schema());
END
$$;

CREATE TRIGGER cache_outbox_insert AFTER INSERT ON conversations
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION cache_outbox_conversations();
CREATE TRIGGER cache_outbox_update AFTER UPDATE ON conversations
  REFERENCING OLD TABLE AS changed NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION cache_outbox_conversations();
CREATE TRIGGER cache_outbox_delete AFTER DELETE ON conversations
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION cache_outbox_conversations();
CREATE TRIGGER cache_outbox_truncate BEFORE TRUNCATE ON conversations
  FOR EACH STATEMENT EXECUTE FUNCTION cache_outbox_conversations();
