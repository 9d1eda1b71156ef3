package imagefile_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hustings/internal/forum"
	"hustings/internal/imagefile"
)

func open(t *testing.T) (*imagefile.Folder, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new", "images")
	f, err := imagefile.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f, dir
}

func put(t *testing.T, f *imagefile.Folder, content string) []byte {
	t.Helper()
	sum := sha256.Sum256([]byte(content))
	if err := f.Put(sum[:], []byte(content)); err != nil {
		t.Fatal(err)
	}
	return sum[:]
}

// at is where an image stands.
func at(dir string, sum []byte) string {
	name := hex.EncodeToString(sum)
	return filepath.Join(dir, name[:2], name)
}

func TestFolder_gives_what_was_put(t *testing.T) {
	t.Parallel()
	f, dir := open(t)
	sum := put(t, f, "a picture")
	put(t, f, "a picture") // again
	file, err := f.Image(sum)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	if content, err := io.ReadAll(file); err != nil || string(content) != "a picture" || !f.Sound(sum) {
		t.Errorf("%q %v", content, err)
	}
	about, err := os.Stat(at(dir, sum))
	if err != nil || about.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", about, err)
	}
	if files, err := os.ReadDir(filepath.Dir(at(dir, sum))); err != nil || len(files) != 1 {
		t.Errorf("%v %v", files, err)
	}
	if _, err := f.Image(bytes.Repeat([]byte{1}, 32)); forum.KindOf(err) != forum.NotFound {
		t.Errorf("one that is not there: %v", err)
	}
	if err := f.Put([]byte("../../../etc/passwd"), nil); err == nil {
		t.Error("took something that is no digest")
	}
}

func TestFolder_notices_damage_and_mends_it(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(path string) error{
		"changed":  func(path string) error { return os.WriteFile(path, []byte("b picture"), 0o600) },
		"cut off":  func(path string) error { return os.Truncate(path, 3) },
		"longer":   func(path string) error { return os.WriteFile(path, []byte("a picture "), 0o600) },
		"gone":     os.Remove,
		"a folder": func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, dir := open(t)
			sum := put(t, f, "a picture")
			if err := damage(at(dir, sum)); err != nil {
				t.Fatal(err)
			}
			if f.Sound(sum) {
				t.Error("it counts as sound")
			}
			if name == "a folder" {
				return
			}
			if put(t, f, "a picture"); !f.Sound(sum) {
				t.Error("it is not mended")
			}
		})
	}
}

func TestFolder_sweeps_what_nobody_needs_and_nothing_else(t *testing.T) {
	t.Parallel()
	f, dir := open(t)
	needed, old, young := put(t, f, "needed"), put(t, f, "old"), put(t, f, "young")
	half := filepath.Join(filepath.Dir(at(dir, old)), ".new-123")
	others := []string{filepath.Join(dir, "README"), filepath.Join(dir, "holiday", "a.png"), filepath.Join(filepath.Dir(at(dir, old)), "a.png")}
	if err := os.Mkdir(filepath.Join(dir, "holiday"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range append(others, half) {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	yesterday := time.Now().Add(-24 * time.Hour)
	for _, path := range append(others, half, at(dir, needed), at(dir, old)) {
		if err := os.Chtimes(path, yesterday, yesterday); err != nil {
			t.Fatal(err)
		}
	}
	failed := errors.New("the database has gone")
	if _, err := f.Sweep(time.Now().Add(-time.Hour), func([][]byte) (map[string]bool, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Errorf("swept without knowing: %v", err)
	}
	if !f.Sound(needed) || !f.Sound(old) {
		t.Fatal("something is gone")
	}
	// One that is kept anew while the database is asked is needed, too.
	_, err := f.Sweep(time.Now().Add(-time.Hour), func([][]byte) (map[string]bool, error) {
		return map[string]bool{string(needed): true}, f.Put(old, []byte("old"))
	})
	if err != nil || !f.Sound(old) {
		t.Fatalf("it is gone, %v", err)
	}
	if err := os.Chtimes(at(dir, old), yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(half, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(half, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	n, err := f.Sweep(time.Now().Add(-time.Hour), func([][]byte) (map[string]bool, error) { return map[string]bool{string(needed): true}, nil })
	if err != nil || !f.Sound(needed) || !f.Sound(young) || f.Sound(old) {
		t.Errorf("%d removed, %v", n, err)
	}
	for _, path := range others {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(half); err == nil {
		t.Error("a half-written file stays")
	}
}

func TestOpen_says_what_is_wrong_with_a_folder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below"), "/proc/images"} {
		if _, err := imagefile.Open(dir); forum.KindOf(err) != forum.Unavailable {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
