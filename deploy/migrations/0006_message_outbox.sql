-- The same for messages. In a transaction of its own: whoever had one of the tables and waited for the other would stand
-- across the writers, of whom some take them in one order and some in the other.
CREATE FUNCTION cache_outbox_messages() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    PERFORM cache_outbox_note(array_agg(conversation_id), array_agg(user_id))
    FROM (SELECT conversation_id, user_id FROM changed UNION SELECT conversation_id, user_id FROM became) AS t;
  ELSIF TG_OP = 'TRUNCATE' THEN
    PERFORM cache_outbox_note(array_agg(conversation_id), array_agg(user_id))
    FROM (SELECT DISTINCT conversation_id, user_id FROM messages) AS t;
  ELSE
    PERFORM cache_outbox_note(array_agg(conversation_id), array_agg(user_id))
    FROM (SELECT DISTINCT conversation_id, user_id FROM changed) AS t;
  END IF;
  RETURN NULL;
END
$$;

-- It runs with its owner's rights, so nobody else's schema may come first in its search path.
DO $$
BEGIN
  EXECUTE format('ALTER FUNCTION cache_outbox_messages() SET search_path = %I, pg_temp', current_schema());
END
$$;

CREATE TRIGGER cache_outbox_insert AFTER INSERT ON messages
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION cache_outbox_messages();
CREATE TRIGGER cache_outbox_update AFTER UPDATE ON messages
  REFERENCING OLD TABLE AS changed NEW TABLE AS became FOR EACH STATEMENT EXECUTE FUNCTION cache_outbox_messages();
CREATE TRIGGER cache_outbox_delete AFTER DELETE ON messages
  REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION cache_outbox_messages();
CREATE TRIGGER cache_outbox_truncate BEFORE TRUNCATE ON messages
  FOR EACH STATEMENT EXECUTE FUNCTION cache_outbox_messages();
