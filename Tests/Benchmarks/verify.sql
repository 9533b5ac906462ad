-- What a drain left that it should not have: events not applied exactly once, and messages that are missing, one
-- too many, or not the ones sent. webhook.lua knows the same texts.
-- prefix: of the conversations' external ids; events: how many.
WITH sent AS (
  SELECT :'prefix' || lpad(n::text, 8, '0') AS external_id, p AS position,
    CASE p % 2 WHEN 0 THEN 'user' ELSE 'assistant' END AS role,
    rpad('Message ' || p || ' of event ' || lpad(n::text, 8, '0') || ': ', 100 + (p * 7) % 51,
      'and then we talked about the weather in the mountains ') AS content
  FROM generate_series(1, :events) AS n, generate_series(0, 19) AS p
), stored AS (
  SELECT c.external_id, m.position, m.role, m.content
  FROM messages AS m JOIN conversations AS c ON c.id = m.conversation_id
  WHERE starts_with(c.external_id, :'prefix') AND c.user_id = m.user_id
)
SELECT
  (SELECT abs(:events - count(*)) FROM webhook_events WHERE starts_with(external_id, :'prefix') AND outcome = 'applied'),
  (SELECT count(*) FROM (TABLE sent EXCEPT ALL TABLE stored) AS missing),
  (SELECT count(*) FROM (TABLE stored EXCEPT ALL TABLE sent) AS surplus);
