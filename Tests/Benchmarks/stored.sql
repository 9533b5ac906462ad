-- stored(conversation): waits until its event is; the milliseconds since the intake took it.
CREATE OR REPLACE FUNCTION stored(conversation text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
  received timestamptz;
  patience timestamptz := clock_timestamp() + interval '10 seconds';
BEGIN
  LOOP
    SELECT received_at INTO received FROM webhook_events WHERE external_id = conversation;
    IF FOUND THEN
      RETURN extract(epoch FROM clock_timestamp() - received) * 1000;
    END IF;
    IF clock_timestamp() > patience THEN
      RAISE EXCEPTION 'the event of % is not stored', conversation;
    END IF;
    PERFORM pg_sleep(0.001);
  END LOOP;
END $$;
