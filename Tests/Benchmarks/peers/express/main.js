// The API as it is usually written for Node: Express, node-redis, pg, in a cluster of two. It reads through Redis, and
// puts webhooks on a list; it looks at no token, counts nobody, and tags nothing.
//
// Environment: PORT, DATABASE_URL, REDIS_CACHE_URL, REDIS_QUEUE_URL, CACHE (off: every read asks Postgres).
const cluster = require('cluster');
const express = require('express');
const { createClient } = require('redis');
const { Pool } = require('pg');

const isCached = process.env.CACHE !== 'off';
const lifetime = 3600;

const selectConversation = `SELECT id, user_id AS "userId", external_id AS "externalId", title, status,
  transcript_received AS "transcriptReceived", metadata, shutdown_reason AS "shutdownReason",
  recording_url AS "recordingUrl", started_at AS "startedAt", ended_at AS "endedAt", created_at AS "createdAt",
  updated_at AS "updatedAt" FROM conversations WHERE id = $1`;
const countMessages = 'SELECT count(*)::int AS total FROM messages WHERE conversation_id = $1';
const selectMessages = `SELECT id, conversation_id AS "conversationId", role, content, position,
  spoken_at AS "spokenAt", created_at AS "createdAt" FROM messages WHERE conversation_id = $1 ORDER BY position LIMIT $2 OFFSET $3`;

async function serve() {
  const cache = createClient({ url: process.env.REDIS_CACHE_URL });
  const queue = createClient({ url: process.env.REDIS_QUEUE_URL });
  await Promise.all([cache.connect(), queue.connect()]);
  // Both processes together have as many connections as the others.
  const database = new Pool({ connectionString: process.env.DATABASE_URL, max: 10 });

  async function cached(key, load) {
    const hit = isCached ? await cache.get(key) : null;
    if (hit !== null) return hit;
    const value = await load();
    if (value === undefined) return undefined;
    const body = JSON.stringify(value);
    if (isCached) await cache.setEx(key, lifetime, body);
    return body;
  }

  async function conversation(id) {
    const { rows } = await database.query({ name: 'conversation', text: selectConversation, values: [id] });
    return rows[0];
  }

  async function messages(id, page, limit) {
    const [counted, found] = await Promise.all([
      database.query({ name: 'count', text: countMessages, values: [id] }),
      database.query({ name: 'messages', text: selectMessages, values: [id, limit, (page - 1) * limit] }),
    ]);
    const { total } = counted.rows[0];
    return {
      items: found.rows, total, page, limit, totalPages: Math.ceil(total / limit), hasMore: page * limit < total,
    };
  }

  function answer(response, body) {
    if (body === undefined) return response.status(404).json({ error: 'not found' });
    return response.type('json').send(body);
  }

  const app = express();
  app.disable('etag').disable('x-powered-by');
  app.get('/health', (request, response) => response.end());
  app.get('/conversations/:id', async (request, response, next) => {
    const { id } = request.params;
    try {
      answer(response, await cached(`peer:conversation:${id}`, () => conversation(id)));
    } catch (error) { next(error); }
  });
  app.get('/conversations/:id/messages', async (request, response, next) => {
    const { id } = request.params;
    const page = Number(request.query.page) || 1;
    const limit = Number(request.query.limit) || 50;
    try {
      answer(response, await cached(`peer:messages:${id}:${page}:${limit}`, () => messages(id, page, limit)));
    } catch (error) { next(error); }
  });
  app.post('/webhooks/tavus', express.json(), async (request, response, next) => {
    const { event_type: type, conversation_id: id } = request.body;
    if (!type || !id) return response.status(400).json({ error: 'no event' });
    try {
      await queue.lPush('peer:webhooks', JSON.stringify(request.body));
      return response.status(202).json({ status: 'queued' });
    } catch (error) { return next(error); }
  });
  app.listen(Number(process.env.PORT), '127.0.0.1', 4096);
}

if (cluster.isPrimary) for (let worker = 0; worker < 2; worker += 1) cluster.fork();
else serve();
