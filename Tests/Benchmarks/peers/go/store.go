package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v4/pgxpool"
)

type conversation struct {
	ID                 string          `json:"id"`
	UserID             *string         `json:"userId"`
	ExternalID         *string         `json:"externalId"`
	Title              *string         `json:"title"`
	Status             string          `json:"status"`
	TranscriptReceived bool            `json:"transcriptReceived"`
	Metadata           json.RawMessage `json:"metadata"`
	ShutdownReason     *string         `json:"shutdownReason"`
	RecordingURL       *string         `json:"recordingUrl"`
	StartedAt          *time.Time      `json:"startedAt"`
	EndedAt            *time.Time      `json:"endedAt"`
	CreatedAt          time.Time       `json:"createdAt"`
	UpdatedAt          time.Time       `json:"updatedAt"`
}

type message struct {
	ID             string     `json:"id"`
	ConversationID string     `json:"conversationId"`
	Role           string     `json:"role"`
	Content        string     `json:"content"`
	Position       int        `json:"position"`
	SpokenAt       *time.Time `json:"spokenAt"`
	CreatedAt      time.Time  `json:"createdAt"`
}

type page struct {
	Items      []message `json:"items"`
	Total      int       `json:"total"`
	Page       int       `json:"page"`
	Limit      int       `json:"limit"`
	TotalPages int       `json:"totalPages"`
	HasMore    bool      `json:"hasMore"`
}

const selectConversation = `SELECT id::text, user_id, external_id, title, status, transcript_received, metadata::text,
  shutdown_reason, recording_url, started_at, ended_at, created_at, updated_at FROM conversations WHERE id = $1`

const countMessages = `SELECT count(*) FROM messages WHERE conversation_id = $1`

const selectMessages = `SELECT id::text, conversation_id::text, role, content, position, spoken_at, created_at
  FROM messages WHERE conversation_id = $1 ORDER BY position LIMIT $2 OFFSET $3`

// Postgres, over a pool of connections that prepare each statement once.
type store struct {
	database *pgxpool.Pool
}

func (s store) conversation(id string) (*conversation, error) {
	var c conversation
	var metadata string
	row := s.database.QueryRow(context.Background(), selectConversation, id)
	err := row.Scan(&c.ID, &c.UserID, &c.ExternalID, &c.Title, &c.Status, &c.TranscriptReceived, &metadata,
		&c.ShutdownReason, &c.RecordingURL, &c.StartedAt, &c.EndedAt, &c.CreatedAt, &c.UpdatedAt)
	c.Metadata = json.RawMessage(metadata)
	return &c, err
}

func (s store) messages(id string, number, limit int) (*page, error) {
	p := page{Items: []message{}, Page: number, Limit: limit}
	if err := s.database.QueryRow(context.Background(), countMessages, id).Scan(&p.Total); err != nil {
		return nil, err
	}
	rows, err := s.database.Query(context.Background(), selectMessages, id, limit, (number-1)*limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var m message
		err := rows.Scan(&m.ID, &m.ConversationID, &m.Role, &m.Content, &m.Position, &m.SpokenAt, &m.CreatedAt)
		if err != nil {
			return nil, err
		}
		p.Items = append(p.Items, m)
	}
	p.TotalPages = (p.Total + limit - 1) / limit
	p.HasMore = number*limit < p.Total
	return &p, rows.Err()
}
