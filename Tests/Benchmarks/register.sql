-- The conversations of a drain, as the backend of an application registers them when a call is made.
-- prefix: of their external ids; events: how many.
INSERT INTO conversations (user_id, external_id, title)
SELECT 'bench-' || n % 500, :'prefix' || lpad(n::text, 8, '0'),
  rpad('Conversation ' || n || ' ', 600, 'about a bicycle that was not quite what it had seemed to be at first ')
FROM generate_series(1, :events) AS n;

VACUUM (ANALYZE) conversations, messages;
