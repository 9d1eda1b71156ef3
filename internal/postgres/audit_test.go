package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"

	"github.com/jackc/pgx/v5"
)

func audit(t *testing.T, db *postgres.DB, e postgres.AuditEntry) (seq int64) {
	t.Helper()
	err := db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) (err error) {
		seq, err = tx.Audit(ctx, e)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func anAct(n int) postgres.AuditEntry {
	return postgres.AuditEntry{
		Action: postgres.ActSetting, SubjectKind: "setting", SubjectID: int64(n),
		Reason: "other", Note: fmt.Sprintf("nøte “%d”", n), Detail: map[string]any{"to": n, "text": "ä\u2028\"\\"},
	}
}

func whole(t *testing.T, db *postgres.DB) postgres.AuditFault {
	t.Helper()
	fault, err := db.VerifyAudit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return fault
}

// ownerOf connects as the owner of a database, who may do everything.
func ownerOf(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.WithoutCancel(t.Context())) }) //nolint:errcheck // the database goes too
	return conn
}

func openAs(t *testing.T, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, postgres.Options{MaxConns: 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func TestAudit_can_only_be_appended_to_by_the_application(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	db := postgres.New(pool)
	first := audit(t, db, anAct(1))
	for _, stmt := range []string{
		`update audit set note = '' where seq = 1`,
		`update audit set note = note`,
		`delete from audit`,
		`truncate audit`,
		`truncate audit cascade`,
		`insert into audit (seq, at, actor_kind, action, subject_kind, prev_hash, hash) values (2, now(), 'system', 'x', 'x', '', '')`,
		`update audit_head set seq = 0`,
		`delete from audit_head`,
		`truncate audit_head`,
		`insert into audit_head (one, seq, hash) values (false, 1, '')`,
		`alter table audit disable trigger all`,
		`drop table audit cascade`,
		`create or replace function audit_append(bigint, text, text, bigint, bigint, text, text, bigint, jsonb) returns bigint language sql as 'select 1::bigint'`,
	} {
		if _, err := pool.Exec(t.Context(), stmt); err == nil {
			t.Errorf("the application may %q", stmt)
		}
	}
	if second := audit(t, db, anAct(2)); second != first+1 {
		t.Errorf("after entry %d comes %d", first, second)
	}
	if f := whole(t, db); f.Seq != 0 {
		t.Errorf("the audit has a fault: %+v", f)
	}
}

func TestAudit_keeps_what_it_is_given(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	seq := audit(t, postgres.New(pool), anAct(7))
	var action, kind, reason, note, text string
	var actor *int64
	err := pool.QueryRow(t.Context(), `select action, actor_kind, actor_id, reason, note, detail ->> 'text' from audit where seq = $1`, seq).
		Scan(&action, &kind, &actor, &reason, &note, &text)
	if err != nil {
		t.Fatal(err)
	}
	want := anAct(7)
	if action != want.Action || kind != "system" || actor != nil || reason != "other" || note != want.Note || text != "ä\u2028\"\\" {
		t.Errorf("kept %q %q %v %q %q %q", action, kind, actor, reason, note, text)
	}
}

func TestAudit_refuses_what_cannot_be_stored(t *testing.T) {
	t.Parallel()
	db := pgtest.DB(t)
	for name, e := range map[string]postgres.AuditEntry{
		"a note with U+0000":      {Action: "x", SubjectKind: "x", Note: "a\x00b"},
		"a detail with U+0000":    {Action: "x", SubjectKind: "x", Detail: map[string]string{"a": "\x00"}},
		"a note that is not text": {Action: "x", SubjectKind: "x", Note: "\xff"},
		"a detail like no JSON":   {Action: "x", SubjectKind: "x", Detail: func() {}},
	} {
		err := db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
			_, err := tx.Audit(ctx, e)
			return err
		})
		if err == nil {
			t.Errorf("%s was stored", name)
		}
	}
	if f := whole(t, db); f.Seq != 0 {
		t.Errorf("the audit has a fault: %+v", f)
	}
}

func TestAudit_with_many_writers_has_no_gap(t *testing.T) {
	t.Parallel()
	db := openAs(t, pgtest.NewURL(t))
	const writers, each = 8, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				err := db.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
					if _, err := tx.Audit(ctx, anAct(w*each+n)); err != nil {
						return err
					}
					if n%5 == 4 { // a number that was drawn is given back
						return forum.NewError(forum.Conflict, "rolled back")
					}
					return nil
				})
				if err != nil && forum.KindOf(err) != forum.Conflict {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if f := whole(t, db); f.Seq != 0 {
		t.Errorf("the audit has a fault: %+v", f)
	}
	if seq, _, err := db.AuditHead(t.Context()); err != nil || seq != writers*each*4/5 {
		t.Errorf("%d entries, want %d (%v)", seq, writers*each*4/5, err)
	}
}

func TestVerifyAudit_finds_what_an_owner_has_changed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stmt string
		seq  int64 // the first bad entry
	}{
		"a_note":             {`update audit set note = 'another' where seq = 4`, 4},
		"a_reason_taken_out": {`update audit set reason = null where seq = 4`, 4},
		"an_actor":           {`update audit set actor_kind = 'person', actor_id = 1 where seq = 4`, 4},
		"a_time":             {`update audit set at = at - interval '1 microsecond' where seq = 4`, 4},
		"a_detail":           {`update audit set detail = detail || '{"to": 0}' where seq = 4`, 4},
		"an_entry_rehashed": {`update audit set note = 'x', hash = audit_hash(prev_hash, seq, at, actor_kind, actor_id, action,
			subject_kind, subject_id, article_id, reason, 'x', undoes, detail) where seq = 4`, 5},
		"an_entry_deleted":     {`delete from audit where seq = 4`, 5},
		"the_first_deleted":    {`delete from audit where seq = 1`, 2},
		"two_changed_places":   {`update audit set seq = case seq when 3 then -3 when 4 then -4 end where seq in (3, 4); update audit set seq = case seq when -3 then 4 when -4 then 3 end where seq < 0`, 3},
		"the_tail_cut":         {`delete from audit where seq > 6`, 7},
		"all_of_it":            {`delete from audit`, 1},
		"the_last_rehashed":    {`update audit set note = 'x', hash = audit_hash(prev_hash, seq, at, actor_kind, actor_id, action, subject_kind, subject_id, article_id, reason, 'x', undoes, detail) where seq = 8`, 9},
		"the_head_gone":        {`delete from audit_head`, 9},
		"an_entry_out_of_line": {`insert into audit select 9, at, actor_kind, actor_id, action, subject_kind, subject_id, article_id, reason, note, undoes, detail, hash, hash from audit where seq = 8`, 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.NewURL(t)
			db := openAs(t, url)
			for n := range 8 {
				audit(t, db, anAct(n))
			}
			if f := whole(t, db); f.Seq != 0 {
				t.Fatalf("the audit has a fault from the beginning: %+v", f)
			}
			if _, err := ownerOf(t, url).Exec(t.Context(), c.stmt); err != nil {
				t.Fatal(err)
			}
			if f := whole(t, db); f.Seq != c.seq || f.Problem == "" {
				t.Errorf("found %+v, want entry %d", f, c.seq)
			}
		})
	}
}

func TestVerifyAudit_of_an_empty_audit(t *testing.T) {
	t.Parallel()
	if f := whole(t, pgtest.DB(t)); f.Seq != 0 {
		t.Errorf("nothing was written, yet there is a fault: %+v", f)
	}
}
