package action_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/imagefile"
	"hustings/internal/postgres"
)

// gallery is a site with an article whose image is kept.
type gallery struct {
	*desk
	dir     string
	content []byte
	sum     []byte
}

func newGallery(t *testing.T) *gallery {
	t.Helper()
	g := &gallery{desk: newDesk(t), dir: t.TempDir(), content: bytes.Repeat([]byte("0123456789abcdef"), 20_000)}
	g.takeText(`{"type":"hustings","version":1}` + "\n" + `{"type":"article","slug":"a","title":"A","body_html":"<p><img src=\"https://a.example/a.png\"></p>"}` + "\n")
	g.run(`insert into image (sha256, media_type, width, height, bytes, content) values (sha256($1::bytea), 'image/png', 1, 1, octet_length($1::bytea), $1)`, g.content)
	g.run(`update article_image set state = 'kept', sha256 = (select sha256 from image)`)
	images, err := g.db.ImageIn(t.Context(), false, nil, 2)
	if err != nil || len(images) != 1 {
		t.Fatalf("%v %v", images, err)
	}
	g.sum = images[0]
	return g
}

func (g *gallery) folder() *imagefile.Folder {
	g.t.Helper()
	f, err := imagefile.Open(g.dir)
	if err != nil {
		g.t.Fatal(err)
	}
	return f
}

func (g *gallery) opened() *action.Image {
	g.t.Helper()
	i, err := g.act.OpenImage(g.t.Context(), forum.Anonymous, g.sum)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { i.Close() }) //nolint:errcheck // it was only read
	return i
}

func (g *gallery) read() {
	g.t.Helper()
	if content, err := io.ReadAll(g.opened()); err != nil || !bytes.Equal(content, g.content) {
		g.t.Errorf("%d bytes of %d, %v", len(content), len(g.content), err)
	}
}

func (g *gallery) checked() (list []postgres.Finding) {
	g.t.Helper()
	list, err := g.act.CheckImages(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	return list
}

func TestOpenImage_reads_from_any_place(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	i := g.opened()
	want := bytes.NewReader(g.content)
	for _, to := range []struct {
		offset int64
		whence int
		n      int
	}{{0, io.SeekEnd, 5}, {-7, io.SeekEnd, 5}, {128<<10 - 3, io.SeekStart, 6}, {-2, io.SeekCurrent, 4}, {0, io.SeekStart, 200_000}, {1 << 40, io.SeekStart, 1}, {7, io.SeekStart, 0}} {
		a, err := i.Seek(to.offset, to.whence)
		b, _ := want.Seek(to.offset, to.whence) //nolint:errcheck // it has none of these
		if a != b || err != nil {
			t.Fatalf("%+v: at %d, want %d, %v", to, a, b, err)
		}
		got, wanted := make([]byte, to.n), make([]byte, to.n)
		n, err := io.ReadFull(i, got)
		m, wantErr := io.ReadFull(want, wanted)
		if n != m || !errors.Is(err, wantErr) || !bytes.Equal(got, wanted) {
			t.Errorf("%+v: %d bytes, want %d; %v, want %v", to, n, m, err, wantErr)
		}
	}
	if _, err := i.Seek(-1, io.SeekStart); err == nil {
		t.Error("went to before the beginning")
	}
	g.run(`update article_image set state = 'listed', sha256 = null`)
	g.run(`delete from image`)
	if _, err := io.ReadAll(i); err == nil {
		t.Error("half of an image that is gone looks whole")
	}
	if _, err := g.act.OpenImage(t.Context(), forum.Anonymous, g.sum); forum.KindOf(err) != forum.NotFound {
		t.Errorf("one that is gone: %v", err)
	}
}

func TestMoveImages_to_a_folder_and_back(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	if _, _, err := g.act.MoveImagesFromShell(t.Context(), true); forum.KindOf(err) != forum.Invalid {
		t.Errorf("without a folder: %v", err)
	}
	before := g.dump()
	g.act.UseImages(g.folder())
	for _, to := range []bool{true, true, false, false, true} {
		reading := g.opened() // goes on meanwhile where it can
		moved, lost, err := g.act.MoveImagesFromShell(t.Context(), to)
		if moved > 1 || lost != 0 || err != nil {
			t.Fatalf("to the folder %v: %d, %d, %v", to, moved, lost, err)
		}
		if n := g.one(`select count(*) from image where (content is null) = $1`, to); n != "1" {
			t.Errorf("to the folder %v: %s there", to, n)
		}
		if content, err := io.ReadAll(reading); err == nil && !bytes.Equal(content, g.content) {
			t.Error("whoever was reading got something else")
		}
		g.read()
		if list := g.checked(); len(list) != 0 {
			t.Errorf("%+v", list)
		}
	}
	g.act.UseImages(nil)
	if list := g.checked(); len(list) != 1 || list[0].Count != 1 || len(list[0].IDs) != 1 {
		t.Errorf("without the folder: %+v", list)
	}
	if _, err := g.act.OpenImage(t.Context(), forum.Anonymous, g.sum); forum.KindOf(err) != forum.Unavailable {
		t.Errorf("without the folder: %v", err)
	}
	g.act.UseImages(g.folder())
	if _, _, err := g.act.MoveImagesFromShell(t.Context(), false); err != nil || g.dump() != before {
		t.Errorf("something differs after the way there and back: %v", err)
	}
	g.whole()
}

func TestCheckImages_finds_what_is_missing_and_what_is_damaged(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	g.act.UseImages(g.folder())
	if _, _, err := g.act.MoveImagesFromShell(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(g.dir, "*", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", files, err)
	}
	for _, damage := range []func(string) error{
		func(path string) error { return os.WriteFile(path, []byte("other"), 0o600) },
		os.Remove,
	} {
		if err := damage(files[0]); err != nil {
			t.Fatal(err)
		}
		if list := g.checked(); len(list) != 1 || list[0].Code != "images" || list[0].Count != 1 || len(list[0].IDs) != 1 {
			t.Errorf("%+v", list)
		}
		moved, lost, err := g.act.MoveImagesFromShell(t.Context(), false)
		if moved != 0 || lost != 1 || err != nil || g.one(`select count(*) from image where content is null`) != "1" {
			t.Errorf("moved %d, lost %d, %v", moved, lost, err)
		}
	}
}

func TestSweepImages_removes_what_no_article_names(t *testing.T) {
	t.Parallel()
	g := newGallery(t)
	folder := g.folder()
	if _, err := g.act.SweepImages(t.Context()); err != nil {
		t.Fatal(err)
	}
	g.act.UseImages(folder)
	if _, _, err := g.act.MoveImagesFromShell(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	old := func() {
		files, err := filepath.Glob(filepath.Join(g.dir, "*", "*"))
		if err != nil || len(files) != 1 {
			t.Fatalf("%v %v", files, err)
		}
		long := time.Now().AddDate(0, 0, -1)
		if err := os.Chtimes(files[0], long, long); err != nil {
			t.Fatal(err)
		}
	}
	old()
	if _, err := g.act.SweepImages(t.Context()); err != nil || !folder.Sound(g.sum) {
		t.Fatalf("one that is needed is gone, %v", err)
	}
	g.takeText(`{"type":"hustings","version":1}` + "\n" + `{"type":"article","slug":"a","title":"A","body_html":"<p>None</p>"}` + "\n")
	if _, err := g.act.SweepImages(t.Context()); err != nil || folder.Sound(g.sum) {
		t.Fatalf("one that nobody needs stays, %v", err)
	}
}
