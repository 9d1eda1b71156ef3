package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hustings/internal/forum"
	"hustings/internal/pgtest"
	"hustings/internal/postgres"

	"github.com/jackc/pgx/v5/pgxpool"
)

// people is a store with the pool below it, for what only SQL can bring about.
type people struct {
	*postgres.DB
	pool *pgxpool.Pool
	t    *testing.T
}

func newPeople(t *testing.T) people {
	t.Helper()
	pool := pgtest.New(t)
	db := postgres.New(pool)
	t.Cleanup(db.Close)
	return people{db, pool, t}
}

// do runs steps in a transaction and fails the test where they fail.
func (p people) do(act func(context.Context, *postgres.Tx) error) {
	p.t.Helper()
	if err := p.Do(p.t.Context(), act); err != nil {
		p.t.Fatal(err)
	}
}

func (p people) sql(sql string, args ...any) {
	p.t.Helper()
	if _, err := p.pool.Exec(p.t.Context(), sql, args...); err != nil {
		p.t.Fatal(err)
	}
}

func (p people) count(sql string, args ...any) (n int) {
	p.t.Helper()
	if err := p.pool.QueryRow(p.t.Context(), sql, args...).Scan(&n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// member makes an account; its skeleton is simply its name in small letters.
func (p people) member(name string, role forum.Role) (made forum.Person) {
	p.t.Helper()
	p.do(func(ctx context.Context, tx *postgres.Tx) (err error) {
		made, err = tx.AddMember(ctx, postgres.NewMember{Name: name, Skeleton: strings.ToLower(name), PasswordHash: "x", Role: role})
		return err
	})
	return made
}

func (p people) article(slug string) (id forum.ArticleID) {
	p.t.Helper()
	err := p.pool.QueryRow(p.t.Context(), `insert into article (portable_id, slug, title) values ($1, $1, $1) returning id`, slug).Scan(&id)
	if err != nil {
		p.t.Fatal(err)
	}
	return id
}

// comment adds a comment at the top the short way.
func (p people) comment(article forum.ArticleID, author forum.PersonID, state forum.CommentState, body string) (id forum.CommentID) {
	p.t.Helper()
	err := p.pool.QueryRow(p.t.Context(), `with n as (select nextval(pg_get_serial_sequence('comment', 'id')) as id)
		insert into comment (id, article_id, root_id, depth, author_id, state, portable_id, body_html)
		overriding system value select id, $1, id, 0, $2, $3, 'c' || id, $4 from n returning id`, article, author, state, body).Scan(&id)
	if err != nil {
		p.t.Fatal(err)
	}
	p.sql(`insert into comment_path (descendant, depth, ancestor, article_id) values ($1, 0, $1, $2)`, id, article)
	return id
}

func field(t *testing.T, err error) string {
	t.Helper()
	e, ok := errors.AsType[*forum.Error](err)
	if !ok {
		t.Fatalf("got %v, want an error for people", err)
	}
	return e.Field
}

func TestAddMember(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	first := p.member("Tilda Marsh", forum.Moderator)
	t.Run("has_what_was_given", func(t *testing.T) {
		if first.ID == 0 || first.Kind != forum.Member || first.Role != forum.Moderator || first.Name != "Tilda Marsh" || first.Handle != "tilda-marsh" {
			t.Errorf("got %+v", first)
		}
	})
	t.Run("refuses_a_name_that_looks_the_same", func(t *testing.T) {
		err := p.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
			_, err := tx.AddMember(ctx, postgres.NewMember{Name: "TILDA MARSH", Skeleton: "tilda marsh", Role: forum.Reader})
			return err
		})
		if forum.KindOf(err) != forum.Invalid || field(t, err) != "name" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("refuses_an_address_of_somebody_else_in_any_case", func(t *testing.T) {
		add := func(name, email string) error {
			return p.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
				_, err := tx.AddMember(ctx, postgres.NewMember{Name: name, Skeleton: name, Email: email, Role: forum.Reader})
				return err
			})
		}
		if err := add("one", "post@example.org"); err != nil {
			t.Fatal(err)
		}
		if err := add("two", "POST@Example.org"); field(t, err) != "email" {
			t.Errorf("got %v", err)
		}
	})
}

func TestHandles_are_free_whoever_has_the_name(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	want := map[int]string{0: "ann-lee", 1: "ann-lee-2"}
	seen := map[string]bool{}
	for i := range 30 {
		h := p.member(strings.Repeat(" ", i)+"Ann Lee", forum.Reader).Handle
		if seen[h] || !strings.HasPrefix(h, "ann-lee") || want[i] != "" && want[i] != h {
			t.Errorf("%d: handle %q", i, h)
		}
		seen[h] = true
	}
	if h := p.member("...", forum.Reader).Handle; h != "person" {
		t.Errorf("a name without letters has the handle %q", h)
	}
}

func TestFindMember(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	made := p.member("Ambrose", forum.Admin)
	p.sql(`update person set email = 'Keel@example.org' where id = $1`, made.ID)
	p.do(func(ctx context.Context, tx *postgres.Tx) error {
		_, err := tx.EnsureImported(ctx, "old site", []string{"Robert Green"})
		return err
	})
	for _, tc := range []struct {
		name string
		id   postgres.Ident
		want forum.PersonID
	}{
		{"by_name", postgres.Ident{Skeleton: "ambrose"}, made.ID},
		{"by_address_in_any_case", postgres.Ident{Email: "kEEL@EXAMPLE.ORG"}, made.ID},
		{"by_handle", postgres.Ident{Handle: "ambrose"}, made.ID},
		{"nothing_given", postgres.Ident{}, 0},
		{"unknown", postgres.Ident{Skeleton: "nobody"}, 0},
		{"imported_people_have_no_account", postgres.Ident{Skeleton: "robert green", Handle: "robert-green"}, 0},
		{"hostile", postgres.Ident{Skeleton: `' or 1=1 --`, Email: "%", Handle: "_"}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := p.FindMember(t.Context(), tc.id)
			if got.ID != tc.want || (tc.want == 0) != (forum.KindOf(err) == forum.NotFound) {
				t.Errorf("got %d, %v", got.ID, err)
			}
		})
	}
}

func TestEnsureImported(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	ensure := func(t *testing.T, source string, names ...string) (ids map[string]forum.PersonID) {
		t.Helper()
		p := people{p.DB, p.pool, t}
		p.do(func(ctx context.Context, tx *postgres.Tx) (err error) {
			ids, err = tx.EnsureImported(ctx, source, names)
			return err
		})
		return ids
	}
	t.Run("same_names_are_the_same_people_again", func(t *testing.T) {
		one := ensure(t, "a", "Paul", "Mary", "", "Paul", " Paul")
		two := ensure(t, "a", "Mary", " Paul", "Paul")
		if len(one) != 3 || one["Paul"] != two["Paul"] || one["Paul"] == one[" Paul"] || one["Mary"] != two["Mary"] {
			t.Errorf("got %v and %v", one, two)
		}
	})
	t.Run("other_sources_have_other_people", func(t *testing.T) {
		if ensure(t, "b", "Paul")["Paul"] == ensure(t, "a", "Paul")["Paul"] {
			t.Error("two sources share a person")
		}
	})
	t.Run("thousands_of_names_with_one_handle", func(t *testing.T) {
		var names []string
		for i := range 3000 {
			names = append(names, strings.Repeat("!", i%60)+strings.Repeat("?", i/60)+"!")
		}
		if got := ensure(t, "c", names...); len(got) != len(names)-countRepeated(names) {
			t.Errorf("got %d of %d", len(got), len(names))
		}
	})
	t.Run("too_long_a_name_is_refused_with_a_sentence", func(t *testing.T) {
		err := p.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
			_, err := tx.EnsureImported(ctx, "d", []string{strings.Repeat("x", 201)})
			return err
		})
		if forum.KindOf(err) != forum.Invalid {
			t.Errorf("got %v", err)
		}
	})
	t.Run("two_imports_at_once_make_each_person_once", func(t *testing.T) {
		var names []string
		for i := range 200 {
			names = append(names, fmt.Sprintf("Crowd %d", i))
		}
		errs := make(chan error)
		for range 4 {
			go func() {
				errs <- p.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
					_, err := tx.EnsureImported(ctx, "e", names)
					return err
				})
			}()
		}
		for range 4 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if n := p.count(`select count(*) from person where source = 'e'`); n != 200 {
			t.Errorf("%d people, want 200", n)
		}
	})
}

func TestEnsureAuthors(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	ensure := func(list ...postgres.AuthorName) (found map[postgres.AuthorName]postgres.Author) {
		t.Helper()
		p.do(func(ctx context.Context, tx *postgres.Tx) (err error) {
			found, err = tx.EnsureAuthors(ctx, "blog", list, func(_ context.Context, missing []postgres.AuthorName) (told []postgres.ImportedAuthor, err error) {
				for _, a := range missing {
					told = append(told, postgres.ImportedAuthor{AuthorName: a, MailHash: postgres.MailHash([]byte("key"), a.Key), URL: "https://a.example/"})
				}
				return told, nil
			})
			return err
		})
		return found
	}
	var toms []postgres.AuthorName
	for i := range 2000 {
		toms = append(toms, postgres.AuthorName{Key: fmt.Sprintf("id:%d", i), Name: "Tom"})
	}
	one, two := ensure(toms...), ensure(toms...)
	if len(one) != 2000 || len(two) != 2000 || one[toms[7]] != two[toms[7]] || one[toms[7]].As != 0 {
		t.Errorf("%d and %d people", len(one), len(two))
	}
	if n := p.count(`select count(distinct handle) from person where name = 'Tom' and url = 'https://a.example/' and octet_length(email_hash) = 32`); n != 2000 {
		t.Errorf("%d people of one name", n)
	}
	named := postgres.AuthorName{Key: postgres.NameOnly, Name: "Tom"}
	if _, known := one[named]; known || ensure(named)[named] == one[toms[0]] {
		t.Error("somebody known by name alone is one of them")
	}
	member := p.member("Thomas", forum.Reader)
	p.sql(`update person set claimed_by = $1 where author_key = 'id:7'`, member.ID)
	if a := ensure(toms[7])[toms[7]]; a.ID != member.ID || a.As != one[toms[7]].ID || a.Imported() != one[toms[7]].ID {
		t.Errorf("a claimed person is %+v", a)
	}
}

func countRepeated(names []string) int {
	seen := map[string]bool{}
	for _, n := range names {
		seen[n] = true
	}
	return len(names) - len(seen)
}

func TestCommentsBy_shows_only_what_anybody_may_see(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	who := p.member("Priya", forum.Reader)
	open, draft := p.article("open"), p.article("draft")
	p.sql(`update article set state = 'draft' where id = $1`, draft)
	var shown []forum.CommentID
	for i := range 5 {
		shown = append(shown, p.comment(open, who.ID, forum.Published, fmt.Sprint(i)))
	}
	for _, s := range []forum.CommentState{forum.Held, forum.Removed, forum.Spam, forum.Retracted, forum.Quarantined, forum.Erased} {
		p.comment(open, who.ID, s, "secret")
	}
	p.comment(draft, who.ID, forum.Published, "secret")
	p.sql(`update comment set branch_removed = true where id = $1`, p.comment(open, who.ID, forum.Published, "secret"))
	for _, v := range []forum.Viewer{forum.Anonymous, {ID: who.ID, Role: forum.Admin}} {
		first, err := p.CommentsBy(t.Context(), v, who.ID, 0, 3)
		if err != nil || len(first) != 3 || first[0].ID != shown[4] {
			t.Fatalf("got %+v, %v", first, err)
		}
		rest, err := p.CommentsBy(t.Context(), v, who.ID, first[2].ID, 10)
		if err != nil || len(rest) != 2 || rest[1].ID != shown[0] || rest[1].BodyHTML != "0" || rest[1].ArticleSlug != "open" {
			t.Errorf("got %+v, %v", rest, err)
		}
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	p.member("Priya Venn", forum.Reader)
	got, err := p.Profile(t.Context(), forum.Anonymous, "priya-venn")
	if err != nil || got.Name != "Priya Venn" || got.CreatedAt.After(time.Now().Add(time.Hour)) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := p.Profile(t.Context(), forum.Anonymous, "nobody"); forum.KindOf(err) != forum.NotFound {
		t.Errorf("got %v", err)
	}
	if _, err := p.Profile(t.Context(), forum.Anonymous, "a\x00b"); forum.KindOf(err) != forum.Malformed {
		t.Errorf("got %v", err)
	}
}
