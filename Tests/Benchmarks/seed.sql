-- The conversations first … last of 500 users, 20 messages each; a conversation's JSON is about 1 KB, a page of messages 7 KB.
WITH added AS (
  INSERT INTO conversations (user_id, external_id, title, status, transcript_received, started_at, ended_at)
  SELECT 'bench-' || n % 500, 'read-' || n,
    rpad('Conversation ' || n || ' ', 600, 'about a bicycle that was not quite what it had seemed to be at first '),
    'ended', true, now() - interval '1 hour', now()
  FROM generate_series(:first, :last) AS n
  RETURNING id, user_id, external_id
)
INSERT INTO messages (conversation_id, user_id, position, role, content)
SELECT c.id, c.user_id, p, CASE p % 2 WHEN 0 THEN 'user' ELSE 'assistant' END,
  rpad('Message ' || p || ' of ' || c.external_id || ': ', 100 + p * 2, 'and then we talked about the weather ')
FROM added AS c, generate_series(0, 19) AS p;
