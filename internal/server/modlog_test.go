package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"hustings/internal/forum"
)

func TestLogPage_tells_of_a_branch_of_which_nobody_saw_anything(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.article("a", "Ann: hello")
	moderator := s.signedIn("Mo", forum.Moderator)
	comment := fmt.Sprintf("/comments/%d", s.comment("hello"))
	moderator.post(comment+"/hold", url.Values{}).wants(http.StatusSeeOther)
	done := moderator.post(comment+"/remove-branch", url.Values{"reason": {"spam"}, "next": {"/mod"}}).wants(http.StatusSeeOther)
	moderator.get(done.location()).wants(http.StatusOK)
	moderator.post(comment+"/restore-branch", url.Values{}).wants(http.StatusSeeOther)
	at, err := url.Parse(done.location())
	if err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		for _, address := range []string{"/moderation", "/moderation.atom", "/moderation/" + at.Query().Get("done"), "/moderation?kind=remove_branch"} {
			s.anonymous().get(address).wants(http.StatusOK)
		}
	}
	check()
	// Entries from before lists were written as empty ones; the audit never changes.
	if _, err := s.pool.Exec(t.Context(), `set local role none; update audit set detail = '{"comments": null}' where action like '%branch'`); err != nil {
		t.Fatal(err)
	}
	check()
	moderator.get(done.location()).wants(http.StatusOK)
}
