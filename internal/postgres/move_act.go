package postgres

import (
	"context"
	"errors"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// MoveDetail is what the audit keeps of a move.
type MoveDetail struct {
	From    forum.CommentID `json:"from"` // what it answered before; 0: the article
	To      forum.CommentID `json:"to"`
	Moved   int             `json:"moved"`   // comments, whatever their state
	Counted int             `json:"counted"` // change of the article's number of comments
}

// MoveAct is a move as a later one looks at it.
type MoveAct struct {
	Seq    int64 // 0: there was none
	Actor  forum.PersonID
	Undoes int64 // the move that it took back; 0: none
	MoveDetail
}

// LastMove is the newest move of a comment; the zero MoveAct where it was never
// moved.
func (t *Tx) LastMove(ctx context.Context, id forum.CommentID) (m MoveAct, err error) {
	defer wrap(&err, "find the last move of comment %d", id)
	err = t.QueryRow(ctx, `select seq, coalesce(actor_id, 0), coalesce(undoes, 0),
			coalesce((detail ->> 'from')::bigint, 0), coalesce((detail ->> 'to')::bigint, 0), coalesce((detail ->> 'moved')::int, 0)
		from audit where subject_kind = 'comment' and subject_id = $1 and action = $2 order by seq desc limit 1`, id, ActMove).
		Scan(&m.Seq, &m.Actor, &m.Undoes, &m.From, &m.To, &m.Moved)
	if errors.Is(err, pgx.ErrNoRows) {
		return MoveAct{}, nil
	}
	return m, err
}

// ActOn is the comment that an entry of the audit is about, and what was done.
type ActOn struct {
	Action  string
	Comment forum.CommentID
}

// ActOn reads an entry about a comment; NotFound where there is none.
func (t *Tx) ActOn(ctx context.Context, seq int64) (a ActOn, err error) {
	err = t.QueryRow(ctx, `select action, subject_id from audit where seq = $1 and subject_kind = 'comment'`, seq).Scan(&a.Action, &a.Comment)
	return a, notFound(err, "There is no such act.")
}
