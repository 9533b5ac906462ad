-- The conversations of a drain, as the backend of an application registers them when a call is made, with ids in the
-- order of their creation as the API makes them.
-- prefix: of their external ids; events: how many.
INSERT INTO conversations (id, user_id, external_id, title)
SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))::uuid,
  'bench-' || n % 500, :'prefix' || lpad(n::text, 8, '0'),
  rpad('Conversation ' || n || ' ', 600, 'about a bicycle that was not quite what it had seemed to be at first ')
FROM generate_series(1, :events) AS n;

VACUUM (ANALYZE) conversations, messages;
