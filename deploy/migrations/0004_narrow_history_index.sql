-- A user's history, newest first. Messages of one moment (a transcript without times) are sorted when they are read: the
-- order among them, kept here for each message ever written, was a third of what the indexes cost the worker.
-- Nobody writes messages meanwhile: with many millions of them, `WebhookWorker queue pause` first, or events are tried in
-- vain against the lock.
CREATE INDEX messages_user_history ON messages (user_id, created_at DESC);
DROP INDEX messages_user_created;
