package postgres_test

import (
	"context"
	"fmt"
	"testing"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

func TestSetting(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	if _, err := p.Setting(t.Context(), "key"); forum.KindOf(err) != forum.NotFound {
		t.Errorf("got %v", err)
	}
	values := make(chan string)
	for i := range 8 {
		go func() {
			v, err := p.EnsureSetting(t.Context(), "key", fmt.Sprint(i))
			if err != nil {
				t.Error(err)
			}
			values <- v
		}()
	}
	first := <-values
	for range 7 {
		if v := <-values; v != first || v == "" {
			t.Errorf("two servers have %q and %q", first, v)
		}
	}
	p.do(func(ctx context.Context, tx *postgres.Tx) error { return tx.SetSetting(ctx, "key", "new") })
	if v, err := p.EnsureSetting(t.Context(), "key", "fresh"); err != nil || v != "new" {
		t.Errorf("got %q, %v", v, err)
	}
}
