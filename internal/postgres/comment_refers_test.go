package postgres_test

import (
	"context"
	"errors"
	"testing"

	"hustings/internal/pgtest"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const aThread = `
	insert into person (kind, name, handle, skeleton) values ('member', 'Ada', 'ada', 'ada'), ('member', 'Bo', 'bo', 'bo');
	insert into article (portable_id, slug, title) values ('1', 'one', 'One'), ('2', 'two', 'Two'), ('3', 'three', 'Three');
	insert into comment (id, article_id, parent_id, root_id, depth, author_id, portable_id, body_html) overriding system value values
		(1, 1, null, 1, 0, 1, 'a', ''), (2, 1, 1, 1, 1, 1, 'b', ''), (3, 2, null, 3, 0, null, 'c', '')`

func aThreadIn(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := pgtest.New(t)
	if _, err := pool.Exec(t.Context(), aThread); err != nil {
		t.Fatal(err)
	}
	return pool
}

// What comments name was asked for by foreign keys once; the triggers that ask
// now say the same.
func TestComments_name_only_what_is_there(t *testing.T) {
	t.Parallel()
	const comment = `insert into comment (id, article_id, parent_id, root_id, depth, author_id, imported_as, removal, portable_id, body_html) overriding system value values `
	for statement, constraint := range map[string]string{
		comment + `(9, 1, null, 9, 0, 1, null, null, 'x', '')`:                                            "",
		comment + `(9, 1, 2, 1, 2, null, null, null, 'x', ''), (10, 1, 9, 1, 3, 2, null, null, 'y', '')`:  "", // its parent comes with it
		comment + `(9, 99, null, 9, 0, null, null, null, 'x', '')`:                                        "comment_article_there",
		comment + `(9, 1, null, 9, 0, 99, null, null, 'x', '')`:                                           "comment_author_there",
		comment + `(9, 1, null, 9, 0, 1, 99, null, 'x', '')`:                                              "comment_author_there",
		comment + `(9, 1, 8, 8, 1, 1, null, null, 'x', '')`:                                               "comment_parent_same_article",
		comment + `(9, 1, 3, 3, 1, 1, null, null, 'x', '')`:                                               "comment_parent_same_article",
		comment + `(9, 1, null, 9, 0, 1, null, null, 'x', ''), (10, 2, 9, 9, 1, 1, null, null, 'y', '')`:  "comment_parent_same_article",
		comment + `(9, 1, null, 9, 0, 1, null, null, 'x', ''), (10, 1, 99, 9, 1, 1, null, null, 'y', '')`: "comment_parent_is_older",
		comment + `(9, 1, null, 9, 0, 1, null, 77, 'x', '')`:                                              "comment_removal_audited",
		`update comment set parent_id = null, depth = 0, root_id = 2 where id = 2`:                        "",
		`update comment set author_id = 2`:                                                                "",
		`update comment set article_id = 99 where id = 3`:                                                 "comment_article_there",
		`update comment set article_id = 2 where id = 2`:                                                  "comment_parent_same_article",
		`update comment set article_id = 2 where id in (1, 2)`:                                            "",
		`update comment set article_id = 2 where id = 1`:                                                  "comment_parent_same_article",
		`update comment set author_id = 2, imported_as = 2`:                                               "",
		`update comment set parent_id = 3, root_id = 3 where id = 2`:                                      "comment_parent_is_older",
		`update comment set author_id = 99 where id = 1`:                                                  "comment_author_there",
		`update comment set imported_as = 99`:                                                             "comment_author_there",
		`update comment set branch_removal = 99 where id = 1`:                                             "comment_removal_audited",
		`delete from comment`:              "",
		`delete from comment where id = 2`: "",
		`delete from comment where id = 1`: "comment_names_comment",
		`delete from article where id = 3`: "",
		`delete from article where id = 2`: "comment_names_article",
		`delete from person where id = 2`:  "",
		`delete from person where id = 1`:  "comment_names_person",
		`insert into external_ref (source_id, kind, external_id, local_id, digest) values (99, 'comment', 'x', 1, '')`: "external_ref_source_there",
		`insert into source (name) values ('s'); insert into external_ref (source_id, kind, external_id, local_id, digest)
			select id, 'comment', 'x', 1, '' from source; delete from source`: "external_ref_names_source",
		`insert into source (name) values ('s'); delete from source`: "",
	} {
		t.Run(statement, func(t *testing.T) {
			t.Parallel()
			_, err := aThreadIn(t).Exec(t.Context(), statement)
			violated := ""
			if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
				violated = pg.ConstraintName
			} else if err != nil {
				t.Fatal(err)
			}
			if violated != constraint {
				t.Errorf("violates %q, want %q: %v", violated, constraint, err)
			}
		})
	}
}

// A comment that is being written holds what it names, as a foreign key does: who
// wants to delete that waits, and is refused then.
func TestComments_hold_what_they_name_until_they_are_there(t *testing.T) {
	t.Parallel()
	for _, gone := range []string{`delete from article where id = 3`, `delete from person where id = 2`, `delete from comment where id = 2`} {
		t.Run(gone, func(t *testing.T) {
			t.Parallel()
			pool := aThreadIn(t)
			writing, err := pool.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer writing.Rollback(context.WithoutCancel(t.Context())) //nolint:errcheck // it was committed
			if _, err := writing.Exec(t.Context(), `insert into comment (id, article_id, parent_id, root_id, depth, author_id, portable_id, body_html)
				overriding system value values (101, 3, null, 101, 0, 2, 'x', ''), (102, 1, 2, 1, 2, 2, 'y', '')`); err != nil {
				t.Fatal(err)
			}
			deleted := make(chan error, 1)
			go func() {
				_, err := pool.Exec(t.Context(), gone)
				deleted <- err
			}()
			const waiting = `select exists (select from pg_stat_activity where pg_blocking_pids(pid) = array[$1::int])`
			for waits := false; !waits; {
				if err := pool.QueryRow(t.Context(), waiting, writing.Conn().PgConn().PID()).Scan(&waits); err != nil {
					t.Fatal(err)
				}
				select {
				case err := <-deleted:
					t.Fatalf("it did not wait: %v", err)
				default:
				}
			}
			if err := writing.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if pg, ok := errors.AsType[*pgconn.PgError](<-deleted); !ok || pg.Code != "23503" {
				t.Errorf("deleted beside it: %v", pg)
			}
		})
	}
}
