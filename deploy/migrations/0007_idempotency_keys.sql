-- What clients send to have a thing done once, and what makes cursors ours.

-- The answer to each request that came with an Idempotency-Key, written in the transaction of what it did. For 24 hours.
CREATE TABLE idempotency_keys (
  -- The token's subject.
  principal       text        COLLATE "C" NOT NULL,
  route           text        NOT NULL,
  key             text        COLLATE "C" NOT NULL,
  -- Of the role and the body: the same key with another request is a mistake.
  request_sha256  bytea       NOT NULL,
  -- Why nothing was made; NULL: something was.
  refusal         text        CHECK (refusal IN ('external_id_taken')),
  -- What was made, and the answer's body. Both NULL once it is deleted.
  conversation_id uuid,
  body            bytea,
  created_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (principal, route, key),
  CHECK ((conversation_id IS NULL) = (body IS NULL)),
  CHECK (refusal IS NULL OR body IS NULL)
);

-- Purging.
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);
-- Forgetting what was deleted.
CREATE INDEX idempotency_keys_conversation ON idempotency_keys (conversation_id) WHERE conversation_id IS NOT NULL;

-- A deleted conversation lives on in no answer, whoever deletes it. Its key stays: a late repeat must not bring it back.
CREATE FUNCTION idempotency_keys_forget() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    UPDATE idempotency_keys SET conversation_id = NULL, body = NULL WHERE conversation_id IS NOT NULL;
  ELSE
    UPDATE idempotency_keys SET conversation_id = NULL, body = NULL WHERE conversation_id IN (SELECT id FROM gone);
  END IF;
  RETURN NULL;
END
$$;

-- It runs with its owner's rights, so nobody else's schema may come first in its search path.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION idempotency_keys_forget() SET search_path = %I, pg_temp', current_schema());
END
$$;

CREATE TRIGGER idempotency_keys_forget AFTER DELETE ON conversations
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION idempotency_keys_forget();
CREATE TRIGGER idempotency_keys_forget_all AFTER TRUNCATE ON conversations
  FOR EACH STATEMENT EXECUTE FUNCTION idempotency_keys_forget();

-- Signs cursors, on all instances alike whatever they authenticate by. Who knew it could make a cursor that says where to
-- go on in a list he may read anyway, and no more.
CREATE TABLE cursor_key (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  secret  bytea   NOT NULL CHECK (octet_length(secret) >= 32)
);
INSERT INTO cursor_key (secret) VALUES (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
