//go:build unix

package pgembed

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestJoin(t *testing.T) {
	t.Parallel()

	t.Run("finds_nothing_where_nothing_is", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "data")
		if _, err := Join(t.Context(), Options{Dir: dir}); !errors.Is(err, ErrNotRunning) {
			t.Errorf("got %v", err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Error("it made the directory")
		}
	})

	t.Run("finds_nothing_after_a_stop_and_something_before", func(t *testing.T) {
		t.Parallel()
		dir := dataDir(t)
		s := start(t, testOptions(dir))
		j, err := Join(t.Context(), Options{Dir: dir})
		must(t, err)
		if got := ask(t, j.URL(), "SELECT current_user"); got != OwnerRole {
			t.Errorf("got %q", got)
		}
		stop(t, s)
		if _, err := Join(t.Context(), Options{Dir: dir}); !errors.Is(err, ErrNotRunning) {
			t.Errorf("got %v", err)
		}
	})
}
