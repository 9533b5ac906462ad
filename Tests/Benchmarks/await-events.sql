-- Returns as soon as so many events are recorded: how many, and when (seconds). Looks every 50 ms, which costs the
-- server a hundredth of its time at most. Fails after a minute without one more.
-- events: how many.
SELECT set_config('bench.events', :'events', false) \g /dev/null
DO $$
DECLARE
  seen bigint;
  before bigint := -1;
  since timestamptz;
BEGIN
  LOOP
    SELECT count(*) INTO seen FROM webhook_events;
    EXIT WHEN seen >= current_setting('bench.events')::bigint;
    IF seen > before THEN
      before := seen;
      since := clock_timestamp();
    ELSIF clock_timestamp() - since > interval '1 minute' THEN
      RAISE EXCEPTION 'the worker stands still at % events', seen;
    END IF;
    PERFORM pg_sleep(0.05);
  END LOOP;
  PERFORM set_config('bench.sighting', seen || ' ' || extract(epoch FROM clock_timestamp()), false);
END $$;
SELECT current_setting('bench.sighting');
