package postgres_test

import (
	"context"
	"fmt"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	who, other := p.member("Priya", forum.Moderator), p.member("Other", forum.Reader)
	add := func(token string) error {
		return p.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
			return tx.AddToken(ctx, who.ID, token, "feed reader")
		})
	}
	if err := add("secret"); err != nil {
		t.Fatal(err)
	}
	v, stale, err := p.ViewerByToken(t.Context(), "secret")
	if err != nil || !stale || v.ID != who.ID || v.Role != forum.Moderator {
		t.Errorf("got %+v, %v, %v", v, stale, err)
	}
	p.do(func(ctx context.Context, tx *postgres.Tx) error { return tx.UseToken(ctx, "secret") })
	if _, stale, _ = p.ViewerByToken(t.Context(), "secret"); stale {
		t.Error("a token just used is to be marked again")
	}
	if v, _, err := p.ViewerByToken(t.Context(), "guess"); forum.KindOf(err) != forum.Unauthenticated || v.SignedIn() {
		t.Errorf("got %+v, %v", v, err)
	}
	list, err := p.Tokens(t.Context(), v)
	if err != nil || len(list) != 1 || list[0].Label != "feed reader" || list[0].UsedAt == nil {
		t.Fatalf("got %+v, %v", list, err)
	}
	end := func(id forum.PersonID) error {
		return p.Do(t.Context(), func(ctx context.Context, tx *postgres.Tx) error { return tx.EndToken(ctx, id, list[0].ID) })
	}
	if err := end(other.ID); forum.KindOf(err) != forum.NotFound {
		t.Errorf("somebody else's token: %v", err)
	}
	if err := end(who.ID); err != nil {
		t.Error(err)
	}
	if _, _, err := p.ViewerByToken(t.Context(), "secret"); forum.KindOf(err) != forum.Unauthenticated {
		t.Errorf("a withdrawn token: %v", err)
	}
	for i := range 50 {
		if err := add(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := add("one too many"); forum.KindOf(err) != forum.Conflict {
		t.Errorf("got %v", err)
	}
}
