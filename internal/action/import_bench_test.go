package action_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"hustings/internal/action"
	"hustings/internal/markup"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// benchComments is the size of the generated thread.
const benchComments = 20000

// longThread is a JSON Lines file of one article; 3 ancestors a comment, as real
// threads have them.
func longThread(n int) string {
	var b strings.Builder
	b.WriteString(`{"type":"article","slug":"long","title":"Long"}` + "\n")
	for i := range n {
		parent := "null"
		if i%8 != 0 {
			parent = fmt.Sprintf(`"c%d"`, i-1-i%3%(i%8))
		}
		fmt.Fprintf(&b, `{"type":"comment","article":"long","id":"c%d","parent":%s,"author":"Person %d","created_at":"2020-01-02T03:04:05Z",`+
			`"body_html":"<p>Some words of comment %d, which is as long as comments are.</p><p>And a second paragraph of it, with <em>stress</em>.</p>"}`+"\n",
			i, parent, i%97, i)
	}
	return b.String()
}

// BenchmarkImport reports the rate of an import into an empty site, of the same
// import again and of a dry run, and that of a plain COPY of the same rows into
// the same tables, which is the limit.
func BenchmarkImport(b *testing.B) {
	file := longThread(benchComments)
	in := action.ImportInput{Files: []action.ImportFile{textFile("long", file)}}
	for b.Loop() {
		db := pgtest.DB(b)
		act := action.New(db, slog.New(slog.DiscardHandler))
		run := func(in action.ImportInput, unit string) {
			start := time.Now()
			if _, err := act.ImportFromShell(b.Context(), in); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(benchComments/time.Since(start).Seconds(), unit)
		}
		dry := in
		dry.DryRun = true
		run(dry, "dry/s")
		run(in, "import/s")
		run(in, "again/s")
		start := time.Now()
		if err := copyLimit(b.Context(), db); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(benchComments/time.Since(start).Seconds(), "limit/s")
		start = time.Now()
		if found, err := db.Check(b.Context(), markup.PolicyVersion); err != nil || len(found) > 0 {
			b.Fatal(found, err)
		}
		b.ReportMetric(2*benchComments/time.Since(start).Seconds(), "check/s")
	}
}

// copyLimit reads back what was imported and copies it in again under other
// numbers; only the copying is timed by the caller's clock, which the reading
// slows a little: the limit is an honest one.
func copyLimit(ctx context.Context, db *postgres.DB) error {
	return db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		const shift = 1_000_000
		if _, err := tx.Exec(ctx, `insert into article (id, portable_id, slug, title) overriding system value values (1000000, 'copy', 'copy', 'Copy')`); err != nil {
			return err
		}
		for _, table := range []struct{ name, columns, read string }{
			{"comment", "id,article_id,parent_id,root_id,depth,author_id,created_at,portable_id,body_html",
				`select id + $1::bigint, 1000000::bigint, parent_id + $1::bigint, root_id + $1::bigint, depth, author_id, created_at, portable_id || 'x', body_html from comment order by id`},
			{"comment_path", "descendant,depth,ancestor,article_id",
				`select descendant + $1::bigint, depth, ancestor + $1::bigint, 1000000::bigint from comment_path order by 1, 2`},
		} {
			rows, err := tx.Query(ctx, table.read, shift)
			if err != nil {
				return err
			}
			all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
			if err != nil {
				return err
			}
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{table.name}, strings.Split(table.columns, ","), pgx.CopyFromRows(all)); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `insert into comment_revision (comment_id, revision, source_format, body_html, body_text, policy_version)
			select id, 1, 'html', body_html, '', 1 from comment where article_id = 1000000`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `update article set comments = (select count(*) from comment where article_id = 1000000) where id = 1000000`)
		return err
	})
}
