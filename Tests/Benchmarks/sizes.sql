-- A conversation of each of 500 users with one message, unless they are there; a page of it is answered in :bytes bytes, of
-- which 269 are not the message's content.
WITH added AS (
  INSERT INTO conversations (user_id, external_id)
  SELECT 'bench-' || n, 'size-' || :bytes || '-' || n FROM generate_series(0, 499) AS n
  ON CONFLICT (external_id) DO NOTHING
  RETURNING id, user_id
)
INSERT INTO messages (conversation_id, user_id, position, role, content)
SELECT id, user_id, 0, 'user', rpad('', :bytes - 269, 'and then we talked about the weather ') FROM added;
