-- The columns of our tables that the Go worker uses, with as few indexes as it can do with.
CREATE TABLE conversations (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id text,
  external_id text UNIQUE,
  title text,
  status text NOT NULL DEFAULT 'pending',
  transcript_received boolean NOT NULL DEFAULT false,
  ended_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE messages (
  id bigserial PRIMARY KEY,
  conversation_id uuid NOT NULL REFERENCES conversations (id),
  user_id text,
  role text NOT NULL,
  content text NOT NULL,
  position integer NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (conversation_id, position)
);
CREATE TABLE webhook_events (
  external_event_id text PRIMARY KEY,
  event_type text NOT NULL,
  external_id text NOT NULL,
  outcome text NOT NULL,
  event_time timestamptz NOT NULL,
  received_at timestamptz NOT NULL
);
