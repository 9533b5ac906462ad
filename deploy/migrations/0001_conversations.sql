-- Conversations and their messages. Column names are the snake_case of the JSON names.

CREATE TABLE conversations (
  id                  uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  -- Compared byte for byte: identity providers send ids like auth0|… . NULL: nobody owns it yet.
  user_id             text        COLLATE "C",
  -- The provider's conversation id, byte for byte.
  external_id         text        COLLATE "C",
  title               text,
  status              text        NOT NULL DEFAULT 'pending'
                      CHECK (status IN ('pending', 'active', 'ended', 'failed')),
  transcript_received boolean     NOT NULL DEFAULT false,
  metadata            jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
  shutdown_reason     text,
  recording_url       text,
  started_at          timestamptz,
  ended_at            timestamptz,
  created_at          timestamptz NOT NULL DEFAULT now(),
  updated_at          timestamptz NOT NULL DEFAULT now()
);

-- Claims, and the worker's look-up of a batch.
CREATE UNIQUE INDEX conversations_external_id ON conversations (external_id);
-- A user's list filtered by status, and its total. Serves (user_id) alone too: it is the prefix.
CREATE INDEX conversations_user_status ON conversations (user_id, status);
-- A user's list, newest first.
CREATE INDEX conversations_user_created ON conversations (user_id, created_at DESC, id DESC);
-- The list over all users filtered by status and transcript.
CREATE INDEX conversations_status_transcript ON conversations (status, transcript_received);
-- The list over all users, newest first. Serves (created_at) alone too.
CREATE INDEX conversations_created ON conversations (created_at DESC, id DESC);

CREATE TABLE messages (
  id              uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  conversation_id uuid        NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  -- The conversation's owner, copied so that a history needs no join; a claim sets both in one transaction.
  user_id         text        COLLATE "C",
  -- The entry's zero-based index in the transcript; a skipped entry leaves a gap.
  position        integer     NOT NULL CHECK (position >= 0),
  role            text        NOT NULL,
  content         text        NOT NULL,
  spoken_at       timestamptz,
  -- spoken_at, else the event's time.
  created_at      timestamptz NOT NULL DEFAULT now()
);

-- A page of one conversation, and the conflict target of the worker's insert.
CREATE UNIQUE INDEX messages_conversation_position ON messages (conversation_id, position);
-- Reports over one conversation by time.
CREATE INDEX messages_conversation_created ON messages (conversation_id, created_at);
-- A user's history, in exactly its order. Serves (user_id, created_at): it is the prefix.
CREATE INDEX messages_user_created
  ON messages (user_id, created_at DESC, conversation_id, position DESC);

-- What is known of the transcript stored now: decides whether a later one replaces it. A table of its
-- own, since a resend moves event_time and must leave the conversation's row (and its cache) alone.
CREATE TABLE conversation_transcripts (
  conversation_id uuid        PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
  event_time      timestamptz NOT NULL,
  entry_count     integer     NOT NULL,
  -- SHA-256 over the stored entries: an identical resend writes no message.
  content_sha256  bytea       NOT NULL
);
