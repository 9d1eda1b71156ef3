package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hustings/internal/forum"
)

// access is one line of the access matrix: what a request answers to each kind of
// viewer. {id} is a fresh published comment by the author for each request.
type access struct {
	route   string // "METHOD pattern"; every route of the table needs a line
	variant string // what is special about this line
	path    string // where it differs from the pattern with slug, name and id filled in
	form    string
	want    statuses
}

// statuses are in the order of the viewers.
type statuses [5]int

var viewers = []string{"anonymous", "reader", "author", "moderator", "admin"}

func all(status int) statuses { return statuses{status, status, status, status, status} }

// signedInOnly: anonymous people are asked to sign in.
func signedInOnly(status int) statuses { return statuses{303, status, status, status, status} }

// authorOnly: the comment is one's own.
func authorOnly(status int) statuses { return statuses{303, 403, status, 403, 403} }

// staff: moderators and admins.
func staff(status int) statuses { return statuses{303, 403, 403, status, status} }

func adminOnly(status int) statuses { return statuses{303, 403, 403, 403, status} }

var matrix = []access{
	{route: "GET /", want: all(200)},
	{route: "GET /articles/{slug}", want: all(200)},
	{route: "GET /images/{hash}", path: "/images/00", want: all(404)},
	{route: "GET /admin/images", want: adminOnly(200)},
	{route: "GET /admin/feeds", want: adminOnly(200)},
	{route: "POST /admin/feeds", form: "address=", want: adminOnly(422)},
	{route: "POST /admin/feeds/{id}", path: "/admin/feeds/1", form: "act=pause", want: adminOnly(404)},
	{route: "POST /articles/{slug}/publish", want: adminOnly(303)},
	{route: "POST /admin/images", want: adminOnly(303)},
	{route: "GET /articles/{slug}/at/{anchor}", path: "/articles/open/at/comment-1", want: all(303)},
	{route: "GET /articles/{slug}/at/{anchor}", variant: "draft", path: "/articles/draft/at/comment-1", want: statuses{404, 404, 404, 404, 303}},
	{route: "GET /articles/{slug}", variant: "draft", path: "/articles/draft", want: statuses{404, 404, 404, 404, 200}},
	{route: "GET /articles/{slug}", variant: "reply form", path: "/articles/open?reply={id}", want: all(200)},
	{route: "POST /articles/{slug}/reply", form: "body=x", want: signedInOnly(200)},
	{route: "POST /articles/{slug}/reply", variant: "draft", path: "/articles/draft/reply", form: "body=x", want: statuses{404, 404, 404, 404, 200}},
	{route: "GET /comments/{id}", want: all(200)},
	{route: "GET /comments/{id}", variant: "held", path: "/comments/{held}", want: statuses{404, 404, 200, 200, 200}},
	{route: "GET /comments/{id}", variant: "removed", path: "/comments/{removed}", want: statuses{410, 410, 200, 200, 200}},
	{route: "GET /comments/{id}", variant: "retracted", path: "/comments/{retracted}", want: all(410)},
	{route: "GET /comments/{id}", variant: "in a removed branch", path: "/comments/{below}", want: statuses{410, 410, 410, 200, 200}},
	{route: "GET /comments/{id}", variant: "of a draft", path: "/comments/{draft}", want: statuses{404, 404, 404, 404, 200}},
	{route: "GET /comments/{id}/edit", want: authorOnly(200)},
	{route: "POST /comments/{id}/edit", form: "revision=1&body=changed", want: statuses{401, 403, 303, 403, 403}},
	{route: "POST /comments/{id}/edit", variant: "removed", path: "/comments/{removed}/edit", form: "revision=1&body=x", want: statuses{410, 410, 409, 403, 403}},
	{route: "GET /comments/{id}/retract", want: authorOnly(200)},
	{route: "POST /comments/{id}/retract", want: authorOnly(303)},
	{route: "GET /comments/{id}/history", want: all(200)},
	{route: "GET /comments/{id}/history", variant: "held", path: "/comments/{held}/history", want: statuses{404, 404, 200, 200, 200}},
	{route: "GET /comments/{id}/history", variant: "removed", path: "/comments/{removed}/history", want: statuses{410, 410, 200, 200, 200}},
	{route: "GET /people/{name}", want: all(200)},
	{route: "POST /people/{name}/claim", want: statuses{303, 409, 409, 409, 409}},
	{route: "POST /people/{name}/claim", variant: "imported", path: "/people/old/claim", want: statuses{303, 303, 303, 303, 303}},
	{route: "POST /people/{name}/claim-link", want: statuses{303, 403, 403, 403, 409}},
	{route: "POST /people/{name}/claim-link", variant: "imported", path: "/people/old/claim-link", want: adminOnly(200)},
	{route: "GET /people/{name}/erase", want: adminOnly(200)},
	{route: "GET /people/{name}/erase", variant: "nobody", path: "/people/nobody/erase", want: adminOnly(404)},
	{route: "POST /people/{name}/erase", path: "/people/nobody/erase", form: "sure=yes", want: adminOnly(404)},
	{route: "GET /claims/{secret}", path: "/claims/made-up", want: signedInOnly(404)},
	{route: "POST /claims/{secret}", path: "/claims/made-up", want: signedInOnly(404)},
	{route: "GET /admin/export", path: "/admin/export?format=jsonl", want: adminOnly(200)},
	{route: "GET /admin/export", variant: "no format", path: "/admin/export", want: adminOnly(404)},
	{route: "GET /admin/claims", want: adminOnly(200)},
	{route: "POST /admin/claims/{claim}", path: "/admin/claims/1", form: "act=refuse", want: adminOnly(422)},
	{route: "GET /signin", want: statuses{200, 303, 303, 303, 303}},
	{route: "POST /signin", form: "name=nobody&password=wrong-password", want: all(422)},
	{route: "GET /signup", want: statuses{200, 303, 303, 303, 303}},
	{route: "POST /signup", form: "name=&password=", want: all(422)},
	{route: "POST /signout", want: all(303)},
	{route: "GET /settings", want: signedInOnly(200)},
	{route: "POST /settings/email", form: "email=a%40example.org&password=wrong-password", want: signedInOnly(422)},
	{route: "POST /settings/password", form: "present=wrong-password&password=another-password", want: signedInOnly(422)},
	{route: "POST /settings/sessions", form: "session=unknown", want: signedInOnly(404)},
	{route: "POST /settings/tokens", form: "label=x", want: signedInOnly(200)},
	{route: "GET /comments/{id}/report", want: statuses{200, 200, 403, 200, 200}},
	{route: "POST /comments/{id}/report", form: "reason=other", want: statuses{303, 303, 403, 303, 303}},
	{route: "GET /comments/{id}/report", variant: "held", path: "/comments/{held}/report", want: statuses{404, 404, 410, 410, 410}},
	{route: "GET /comments/{id}/remove", want: staff(200)},
	{route: "POST /comments/{id}/remove", form: "reason=abuse", want: staff(303)},
	{route: "POST /comments/{id}/restore", path: "/comments/{removed}/restore", want: staff(303)},
	{route: "POST /comments/{id}/hold", want: staff(303)},
	{route: "POST /comments/{id}/release", path: "/comments/{held}/release", want: staff(303)},
	{route: "POST /comments/{id}/keep", path: "/comments/{reported}/keep", want: staff(303)},
	{route: "POST /comments/{id}/remove-branch", form: "reason=off_topic", want: staff(303)},
	{route: "POST /comments/{id}/restore-branch", want: staff(409)},
	{route: "GET /comments/{id}/move", want: staff(200)},
	{route: "POST /comments/{id}/move", want: staff(422)},
	{route: "POST /comments/{id}/move-back", want: staff(409)},
	{route: "POST /comments/{id}/lock", want: staff(303)},
	{route: "POST /comments/{id}/unlock", want: staff(409)},
	{route: "POST /articles/{slug}/lock", path: "/articles/other/lock", want: statuses{303, 403, 403, 303, 409}},
	{route: "POST /articles/{slug}/unlock", path: "/articles/other/unlock", want: statuses{303, 403, 403, 303, 409}},
	{route: "GET /mod", want: staff(200)},
	{route: "GET /mod/suggestions", want: staff(200)},
	{route: "POST /mod/suggestions", form: "article=open&rule=reply", want: staff(303)},
	{route: "POST /mod/suggestions", variant: "a weak rule", form: "article=open&rule=name", want: staff(422)},
	{route: "POST /mod/suggestions/{id}/accept", path: "/mod/suggestions/999/accept", want: staff(404)},
	{route: "POST /mod/suggestions/{id}/dismiss", path: "/mod/suggestions/999/dismiss", want: staff(404)},
	{route: "POST /mod/suggestions/{id}/reopen", path: "/mod/suggestions/999/reopen", want: staff(404)},
	{route: "GET /moderation", want: all(200)},
	{route: "GET /moderation.atom", want: all(200)},
	{route: "GET /admin", want: adminOnly(200)},
	{route: "GET /admin/import", want: adminOnly(200)},
	{route: "POST /admin/import", form: "text=", want: adminOnly(400)},
	{route: "GET /admin/import/{id}", path: "/admin/import/1", want: adminOnly(404)},
	{route: "GET /admin/import/{id}", variant: "no number", path: "/admin/import/unknown", want: adminOnly(404)},
	{route: "GET /admin/import/{id}/progress", path: "/admin/import/1/progress", want: adminOnly(404)},
	{route: "GET /admin/import/{id}/events", path: "/admin/import/1/events", want: adminOnly(404)},
	{route: "GET /admin/import/{id}/result", path: "/admin/import/1/result", want: adminOnly(404)},
	{route: "GET /admin/import/{id}/undo", path: "/admin/import/1/undo", want: adminOnly(404)},
	{route: "GET /admin/import/{id}/problems.csv", path: "/admin/import/1/problems.csv", want: adminOnly(404)},
	{route: "GET /admin/import/{id}/problems.json", path: "/admin/import/1/problems.json", want: adminOnly(404)},
	{route: "POST /admin/import/{id}/look", path: "/admin/import/1/look", want: adminOnly(404)},
	{route: "POST /admin/import/{id}/apply", path: "/admin/import/1/apply", want: adminOnly(404)},
	{route: "POST /admin/import/{id}/cancel", path: "/admin/import/1/cancel", want: adminOnly(404)},
	{route: "POST /admin/import/{id}/resume", path: "/admin/import/1/resume", want: adminOnly(404)},
	{route: "POST /admin/import/{id}/undo", path: "/admin/import/1/undo", want: adminOnly(404)},
	{route: "POST /admin/import/{id}/discard", path: "/admin/import/1/discard", want: adminOnly(404)},
	{route: "GET /moderation/{seq}", path: "/moderation/1", want: all(200)},
	{route: "GET /keys", want: all(200)},
	{route: "POST /settings/theme", form: "theme=dark", want: all(303)},
	{route: "POST /settings/language", form: "language=en", want: all(303)},
	{route: "GET /feed.atom", want: all(200)},
	{route: "GET /comments.atom", want: all(200)},
	{route: "GET /articles/{slug}/comments.atom", want: all(200)},
	{route: "GET /articles/{slug}/comments.atom", variant: "draft", path: "/articles/draft/comments.atom", want: all(404)},
	{route: "GET /comments/{id}/replies.atom", want: all(200)},
	{route: "GET /comments/{id}/replies.atom", variant: "held", path: "/comments/{held}/replies.atom", want: all(404)},
	{route: "GET /api/openapi.yaml", want: all(200)},
	{route: "GET /api/v1/articles", want: all(200)},
	{route: "GET /api/v1/articles/{slug}", want: all(200)},
	{route: "GET /api/v1/articles/{slug}", variant: "draft", path: "/api/v1/articles/draft", want: all(404)},
	{route: "GET /api/v1/articles/{slug}/comments", want: all(200)},
	// A cookie is not enough for the API's writes, whoever holds it.
	{route: "POST /api/v1/articles/{slug}/comments", want: all(401)},
	{route: "GET /api/v1/comments/{id}", want: all(200)},
	{route: "GET /api/v1/comments/{id}", variant: "held", path: "/api/v1/comments/{held}", want: all(404)},
	{route: "POST /api/v1/comments/{id}/remove", want: all(401)},
	{route: "POST /api/v1/comments/{id}/restore", want: all(401)},
	{route: "GET /livez", want: all(200)},
	{route: "GET /readyz", want: all(200)},
	{route: "GET /healthz", want: all(200)},
	{route: "GET /robots.txt", want: all(200)},
	{route: "GET /sitemap.xml", want: all(200)},
	{route: "GET /.well-known/change-password", want: all(303)},
	{route: "GET /favicon.ico", want: all(302)},
}

func TestAccess_matrix_names_every_route(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{}
	for _, line := range matrix {
		listed[line.route] = true
	}
	names := newSite(t).server.RouteNames()
	for _, name := range names {
		if !listed[name] {
			t.Errorf("the access matrix has no line for %s: say who may do it", name)
		}
	}
	for name := range listed {
		if !slices.Contains(names, name) {
			t.Errorf("the access matrix has a line for %s, which is no route", name)
		}
	}
}

// stage is a site with comments in every state, as many as the matrix needs.
type stage struct {
	*site
	fresh map[string][]forum.CommentID // by state
}

func newStage(t *testing.T) (*stage, map[string]*browser) {
	s := newSite(t)
	const many = 600
	var outline strings.Builder
	for i := range many {
		fmt.Fprintf(&outline, "Imp: number %d\n", i)
	}
	s.article("open", outline.String())
	s.article("other", "Imp: elsewhere")
	s.article("older", "Old: before")
	s.load(`{"type":"article","id":"draft","slug":"draft","title":"Draft","state":"draft","replies":"open","body_html":"<p>x</p>"}
{"type":"comment","article":"draft","id":"d1","parent":null,"author":"Imp","author_kind":"imported","state":"published","kind":"comment","body_text":"in a draft"}`)
	browsers := map[string]*browser{
		"anonymous": s.anonymous(), "reader": s.signedIn("Reader", forum.Reader), "author": s.signedIn("Author", forum.Reader),
		"moderator": s.signedIn("Moder", forum.Moderator), "admin": s.signedIn("Chief", forum.Admin),
	}
	st := &stage{s, map[string][]forum.CommentID{}}
	st.prepare(t)
	return st, browsers
}

// prepare gives the imported comments to the author and puts them into states.
func (s *stage) prepare(t *testing.T) {
	t.Helper()
	s.exec(t, `update comment set author_id = (select id from person where name = 'Author'), created_at = now()
		where author_id <> (select id from person where name = 'Old')`)
	rows, err := s.pool.Query(t.Context(), `select id from comment where article_id = (select id from article where slug = 'open') order by id`)
	if err != nil {
		t.Fatal(err)
	}
	var ids []forum.CommentID
	for rows.Next() {
		var id forum.CommentID
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	for i, state := range []string{"held", "removed", "retracted", "reported"} {
		s.fresh[state] = ids[i*60 : i*60+60]
		if state != "reported" {
			s.exec(t, `update comment set state = $2::comment_state where id = any ($1)`, s.fresh[state], state)
		}
	}
	s.exec(t, `insert into report (comment_id, article_id, reason) select id, article_id, 'other' from comment where id = any ($1)`, s.fresh["reported"])
	s.fresh["below"] = ids[240:241]
	s.exec(t, `update comment set branch_removed = true where id = $1`, ids[240])
	s.fresh["draft"] = []forum.CommentID{s.comment("in a draft")}
	s.fresh["id"] = ids[241:]
}

func (s *stage) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := s.pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

// fill puts fresh comments into a path.
func (s *stage) fill(path string) string {
	for state, ids := range s.fresh {
		if !strings.Contains(path, "{"+state+"}") {
			continue
		}
		path = strings.ReplaceAll(path, "{"+state+"}", strconv.FormatInt(int64(ids[0]), 10))
		if len(ids) > 1 {
			s.fresh[state] = ids[1:]
		}
	}
	return strings.NewReplacer("{slug}", "open", "{name}", "author").Replace(path)
}

func TestAccess_matrix(t *testing.T) {
	t.Parallel()
	s, browsers := newStage(t)
	for _, line := range matrix {
		method, pattern, _ := strings.Cut(line.route, " ")
		for i, who := range viewers {
			path := line.path
			if path == "" {
				path = pattern
			}
			path = s.fill(path)
			if line.route == "POST /signout" {
				continue // proved by the tests of sessions; here it would end the others
			}
			var a *answer
			if method == http.MethodPost {
				form, err := url.ParseQuery(line.form)
				if err != nil {
					t.Fatal(err)
				}
				a = browsers[who].post(path, form)
			} else {
				a = browsers[who].get(path)
			}
			if a.StatusCode != line.want[i] {
				t.Errorf("%s %s (%s) answers %d to %s, not %d", method, path, line.variant, a.StatusCode, who, line.want[i])
			}
			if a.StatusCode >= 500 {
				t.Errorf("%s: %.300s", line.route, a.body)
			}
		}
	}
}
