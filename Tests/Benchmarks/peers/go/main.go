// The obvious good API in Go, to measure against: net/http, redigo, pgx. It reads through Redis, and puts webhooks
// on a list; it looks at no token, counts nobody, and tags nothing.
//
// Environment: PORT, DATABASE_URL, REDIS_CACHE_URL, REDIS_QUEUE_URL, CACHE (off: every read asks Postgres).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
)

const lifetime = 3600

type server struct {
	store    store
	cache    *redis.Pool
	queue    *redis.Pool
	isCached bool
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, rest := split(r.URL.Path)
	switch {
	case r.Method == http.MethodGet && id != "" && rest == "":
		body, err := s.cached("peer:conversation:"+id, func() (any, error) { return s.store.conversation(id) })
		answer(w, http.StatusOK, body, err)
	case r.Method == http.MethodGet && id != "" && rest == "/messages":
		query := r.URL.Query()
		page, limit := number(query.Get("page"), 1), number(query.Get("limit"), 50)
		key := "peer:messages:" + id + ":" + strconv.Itoa(page) + ":" + strconv.Itoa(limit)
		body, err := s.cached(key, func() (any, error) { return s.store.messages(id, page, limit) })
		answer(w, http.StatusOK, body, err)
	case r.Method == http.MethodPost && r.URL.Path == "/webhooks/tavus":
		s.take(w, r)
	case r.URL.Path == "/health":
		w.WriteHeader(http.StatusOK)
	default:
		http.NotFound(w, r)
	}
}

// split gives a conversation's id and what follows it; without an id the path is of something else.
func split(path string) (id, rest string) {
	const before = "/conversations/"
	const length = 36
	if !strings.HasPrefix(path, before) || len(path) < len(before)+length {
		return "", path
	}
	return path[len(before) : len(before)+length], path[len(before)+length:]
}

// cached gives a value from Redis, or loads it and leaves it there.
func (s *server) cached(key string, load func() (any, error)) ([]byte, error) {
	if s.isCached {
		body, err := redis.Bytes(do(s.cache, "GET", key))
		if !errors.Is(err, redis.ErrNil) {
			return body, err
		}
	}
	value, err := load()
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(value)
	if err == nil && s.isCached {
		_, err = do(s.cache, "SETEX", key, lifetime, body)
	}
	return body, err
}

func (s *server) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		answer(w, 0, nil, err)
		return
	}
	var envelope struct {
		EventType      string          `json:"event_type"`
		ConversationID string          `json:"conversation_id"`
		Properties     json.RawMessage `json:"properties"`
	}
	if json.Unmarshal(body, &envelope) != nil || envelope.EventType == "" || envelope.ConversationID == "" {
		answer(w, http.StatusBadRequest, []byte(`{"error":"no event"}`), nil)
		return
	}
	_, err = do(s.queue, "LPUSH", "peer:webhooks", body)
	answer(w, http.StatusAccepted, []byte(`{"status":"queued"}`), err)
}

func answer(w http.ResponseWriter, status int, body []byte, err error) {
	if errors.Is(err, pgx.ErrNoRows) {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	if err != nil {
		log.Print(err)
		http.Error(w, "failed", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}

func number(text string, otherwise int) int {
	value, err := strconv.Atoi(text)
	if err != nil || value < 1 {
		return otherwise
	}
	return value
}

func do(pool *redis.Pool, command string, arguments ...any) (any, error) {
	connection := pool.Get()
	defer connection.Close()
	return connection.Do(command, arguments...)
}

func connect(url string) *redis.Pool {
	return &redis.Pool{
		MaxIdle: 128, MaxActive: 128, Wait: true, IdleTimeout: time.Minute,
		Dial: func() (redis.Conn, error) { return redis.DialURL(url) },
	}
}

func main() {
	database, err := pgxpool.Connect(context.Background(), os.Getenv("DATABASE_URL")+"?pool_max_conns=20")
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), &server{
		store:    store{database},
		cache:    connect(os.Getenv("REDIS_CACHE_URL")),
		queue:    connect(os.Getenv("REDIS_QUEUE_URL")),
		isCached: os.Getenv("CACHE") != "off",
	}))
}
