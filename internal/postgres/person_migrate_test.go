package postgres_test

import (
	"testing"

	"hustings/internal/pgtest"
	"hustings/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// TestMigrations_people_of_one_name_become_one_on_the_way_down_and_stay_found takes the
// keys of imported people back, with claims and all, and gives them again.
func TestMigrations_people_of_one_name_become_one_on_the_way_down_and_stay_found(t *testing.T) {
	t.Parallel()
	url := pgtest.NewURL(t)
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx) //nolint:errcheck // of a database that goes
	one := func(query string) (v string) {
		t.Helper()
		if err := conn.QueryRow(ctx, `select coalesce((`+query+`)::text, '')`).Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	_, err = conn.Exec(ctx, `
		insert into source (name) values ('blog');
		insert into person (kind, name, handle, skeleton) values ('member', 'Thomas', 'thomas', 'thomas');
		insert into person (kind, name, handle, source, author_key, claimed_by) values
			('imported', 'Tom', 'tom', 'blog', 'id:1', (select id from person)), ('imported', 'Tom', 'tom-2', 'blog', 'name:', null),
			('imported', 'Ann', 'ann', 'blog', 'name:', null);
		insert into article (portable_id, slug, title) values ('a', 'a', 'A');
		insert into comment (id, article_id, root_id, depth, author_id, imported_as, portable_id, body_html, anchor) overriding system value
			select id, (select id from article), id, 0, coalesce(claimed_by, id), case when claimed_by is not null then id end, handle, '', 'comment-' || id
			from person where kind = 'imported'`)
	if err != nil {
		t.Fatal(err)
	}
	for one(`select count(*) from information_schema.columns where table_name = 'person' and column_name = 'author_key'`) == "1" {
		if err := postgres.MigrateDown(ctx, url); err != nil {
			t.Fatal(err)
		}
	}
	const whose = `select string_agg(c.portable_id || ' ' || p.handle, ', ' order by c.id) from comment c join person p on p.id = c.author_id`
	if got := one(whose); got != "tom tom, tom-2 tom, ann ann" {
		t.Errorf("without keys: %s", got)
	}
	if err := postgres.Migrate(ctx, url); err != nil {
		t.Fatal(err)
	}
	if got := one(whose) + " " + one(`select string_agg(early::text, ' ') from source`); got != "tom tom, tom-2 tom, ann ann true" {
		t.Errorf("with keys again: %s", got)
	}
}
