package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"hustings/internal/forum"
)

// AuditEntry is one act on other people's content or rights, an import or a
// change of settings. Entries are only ever added; a correction is a new entry.
// Detail and Note must never hold the text of a comment: the audit is kept when
// a text is erased.
type AuditEntry struct {
	Actor       forum.PersonID // 0: the system itself
	Action      string         // one of the acts of audit_act.go
	SubjectKind string         // comment, article, person, source or setting
	SubjectID   int64          // 0: none
	Article     forum.ArticleID
	Reason      forum.Reason
	Note        string // for other moderators; the public log leaves it out
	Undoes      int64  // the entry that this one takes back, 0: none
	Detail      any    // anything that encodes to a JSON object; nil: {}
}

// Audit appends an entry and gives its number. The head of the chain stays
// locked until the transaction ends, so everything slow, and every other lock,
// comes first.
func (t *Tx) Audit(ctx context.Context, e AuditEntry) (seq int64, err error) {
	defer wrap(&err, "audit %s", e.Action)
	detail := []byte("{}")
	if e.Detail != nil {
		if detail, err = json.Marshal(e.Detail); err != nil {
			return 0, fmt.Errorf("encode the detail: %w", err)
		}
	}
	err = t.QueryRow(ctx, `select audit_append($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		orNull(int64(e.Actor)), e.Action, e.SubjectKind, orNull(e.SubjectID), orNull(int64(e.Article)),
		orNull(string(e.Reason)), e.Note, orNull(e.Undoes), string(detail)).Scan(&seq)
	return seq, translate(err)
}

// orNull gives nil for the zero value, which stands for "none" in Go and is
// null in the database.
func orNull[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

// AuditFault is the first entry at which the audit is not what was written. The
// zero AuditFault is a whole audit.
type AuditFault struct {
	Seq     int64
	Problem string // a sentence for admins
}

// VerifyAudit follows the chain from its beginning: numbers without a gap, every
// hash that of its row and of the one before, the last one that of the head. All
// of it is one statement, so entries that are added meanwhile do not disturb it.
func (db *DB) VerifyAudit(ctx context.Context) (fault AuditFault, err error) {
	defer wrap(&err, "verify the audit")
	var seq, last int64
	var gapless, headed bool
	err = db.pool.QueryRow(ctx, `
		with chain as (
			select a.seq, a.hash, a.seq = row_number() over w as gapless,
				a.prev_hash = lag(a.hash, 1, sha256('hustings')) over w
				and a.hash = audit_hash(a.prev_hash, a.seq, a.at, a.actor_kind, a.actor_id, a.action, a.subject_kind,
					a.subject_id, a.article_id, a.reason, a.note, a.undoes, a.detail) as linked
			from audit a window w as (order by a.seq)
		), fault as (
			select seq, gapless from chain where not (gapless and linked) order by seq limit 1
		), tail as (
			select seq, hash from chain order by seq desc limit 1
		)
		select coalesce((select seq from fault), 0), coalesce((select gapless from fault), true),
			coalesce((select seq from tail), 0),
			exists (select from audit_head h where h.seq = coalesce((select seq from tail), 0)
				and h.hash = coalesce((select hash from tail), sha256('hustings')))`).Scan(&seq, &gapless, &last, &headed)
	switch {
	case err != nil:
		return AuditFault{}, translate(err)
	case seq != 0 && !gapless:
		return AuditFault{seq, "An entry before this one is missing."}, nil
	case seq != 0:
		return AuditFault{seq, "This entry is not what was written, or does not follow the one before it."}, nil
	case !headed:
		return AuditFault{last + 1, "The audit ends too early: its head says that there was more."}, nil
	}
	return AuditFault{}, nil
}

// AuditHead is the number and hash of the newest entry, to be noted elsewhere:
// whoever owns the database could rewrite the chain, but not what was noted.
func (db *DB) AuditHead(ctx context.Context) (seq int64, hash []byte, err error) {
	err = db.pool.QueryRow(ctx, `select seq, hash from audit_head`).Scan(&seq, &hash)
	return seq, hash, translate(err)
}
