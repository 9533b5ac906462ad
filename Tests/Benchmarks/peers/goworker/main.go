// The obvious good worker in Go, to measure against: goroutines that move a job to a list of their own with
// BRPOPLPUSH, apply it in one transaction, drop the cached values, and only then let go of it. What a dead one
// held is put back at the next start.
//
// Environment: DATABASE_URL, REDIS_URL (queue), REDIS_CACHE_URL, GOROUTINES (16).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
)

const jobs = "peer:jobs"

// A job: the intake's id of the event beside the provider's envelope.
type job struct {
	ID      string   `json:"id"`
	Payload envelope `json:"payload"`
}

type envelope struct {
	EventType      string    `json:"event_type"`
	ConversationID string    `json:"conversation_id"`
	Timestamp      time.Time `json:"timestamp"`
	Properties     struct {
		Transcript []struct {
			Role    string `json:"role"`
			Content string `json:"content"`
		} `json:"transcript"`
	} `json:"properties"`
}

const recordEvent = `INSERT INTO webhook_events
  (external_event_id, event_type, external_id, outcome, event_time, received_at)
  VALUES ($1, $2, $3, 'applied', $4, now()) ON CONFLICT DO NOTHING`

const updateConversation = `UPDATE conversations SET status = 'ended', transcript_received = true,
  ended_at = coalesce(ended_at, $2), updated_at = now() WHERE external_id = $1 RETURNING id::text, user_id`

const insertMessages = `INSERT INTO messages (conversation_id, user_id, position, role, content, created_at)
  SELECT $1::uuid, $2::text, n - 1, role, content, $3::timestamptz
  FROM unnest($4::text[], $5::text[]) WITH ORDINALITY AS m (role, content, n)`

type worker struct {
	database   *pgxpool.Pool
	queue      redis.Conn
	cache      redis.Conn
	processing string
}

func (w *worker) run() error {
	if err := w.takeBack(); err != nil {
		return err
	}
	for {
		raw, err := redis.Bytes(w.queue.Do("BRPOPLPUSH", jobs, w.processing, 5))
		if errors.Is(err, redis.ErrNil) {
			continue
		}
		if err != nil {
			return err
		}
		if err := w.apply(raw); err != nil {
			return err
		}
		if _, err := w.queue.Do("LREM", w.processing, 1, raw); err != nil {
			return err
		}
	}
}

// takeBack returns what an earlier process was at when it died.
func (w *worker) takeBack() error {
	for {
		moved, err := w.queue.Do("RPOPLPUSH", w.processing, jobs)
		if err != nil || moved == nil {
			return err
		}
	}
}

func (w *worker) apply(raw []byte) error {
	var event job
	if err := json.Unmarshal(raw, &event); err != nil {
		return err
	}
	var conversation string
	err := w.database.BeginFunc(context.Background(), func(tx pgx.Tx) (err error) {
		conversation, err = store(context.Background(), tx, &event)
		return err
	})
	if err != nil {
		return err
	}
	_, err = w.cache.Do("DEL", "conversation:"+conversation, "conversation:"+conversation+":messages:1:50")
	return err
}

func store(ctx context.Context, tx pgx.Tx, event *job) (conversation string, err error) {
	payload := &event.Payload
	recorded, err := tx.Exec(ctx, recordEvent, event.ID, payload.EventType, payload.ConversationID, payload.Timestamp)
	if err != nil || recorded.RowsAffected() == 0 {
		return "", err
	}
	var user *string
	row := tx.QueryRow(ctx, updateConversation, payload.ConversationID, payload.Timestamp)
	if err = row.Scan(&conversation, &user); err != nil {
		return "", err
	}
	roles := make([]string, 0, len(payload.Properties.Transcript))
	contents := make([]string, 0, len(payload.Properties.Transcript))
	for _, message := range payload.Properties.Transcript {
		roles = append(roles, message.Role)
		contents = append(contents, message.Content)
	}
	_, err = tx.Exec(ctx, insertMessages, conversation, user, payload.Timestamp, roles, contents)
	return conversation, err
}

func main() {
	count := 16
	if text := os.Getenv("GOROUTINES"); text != "" {
		number, err := strconv.Atoi(text)
		if err != nil {
			log.Fatal(err)
		}
		count = number
	}
	configuration, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	configuration.MaxConns = int32(count)
	database, err := pgxpool.ConnectConfig(context.Background(), configuration)
	if err != nil {
		log.Fatal(err)
	}
	ended := make(chan error)
	for i := 0; i < count; i++ {
		go func(i int) { ended <- serve(database, i) }(i)
	}
	log.Fatal(<-ended)
}

func serve(database *pgxpool.Pool, number int) error {
	queue, err := redis.DialURL(os.Getenv("REDIS_URL"))
	if err != nil {
		return err
	}
	cache, err := redis.DialURL(os.Getenv("REDIS_CACHE_URL"))
	if err != nil {
		return err
	}
	w := worker{database: database, queue: queue, cache: cache, processing: fmt.Sprintf("peer:processing:%d", number)}
	return w.run()
}
