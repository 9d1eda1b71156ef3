package importer

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// packFile is a file to put into an archive. Data "->" makes it a link.
type packFile struct{ name, data string }

func packZip(t testing.TB, files ...packFile) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate}
		if f.data == "->" {
			h.SetMode(0o777 | 1<<27) // fs.ModeSymlink
		}
		w, err := z.CreateHeader(h)
		if err == nil && !strings.HasSuffix(f.name, "/") {
			_, err = io.WriteString(w, f.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func packTar(t testing.TB, files ...packFile) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.data)), Typeflag: tar.TypeReg}
		switch {
		case f.data == "->":
			h.Typeflag, h.Size, h.Linkname = tar.TypeSymlink, 0, "/etc/hosts"
		case strings.HasSuffix(f.name, "/"):
			h.Typeflag = tar.TypeDir
		}
		err := w.WriteHeader(h)
		if err == nil && h.Size > 0 {
			_, err = io.WriteString(w, f.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func packGzip(t testing.TB, data string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, data)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// unpacked lists what an archive held: "name=content" for files, "name! reason"
// for problems.
func unpacked(t testing.TB, r io.Reader) string {
	t.Helper()
	var b strings.Builder
	err := Unpack(context.Background(), Source{Name: "a", R: r}, func(src Source) error {
		data, err := io.ReadAll(src.R)
		if err != nil {
			fmt.Fprintf(&b, "%s! %s\n", src.Name, readReason(err))
			return nil
		}
		fmt.Fprintf(&b, "%s=%s\n", src.Name, excerpt(string(data)))
		return nil
	}, func(p Problem) error {
		fmt.Fprintf(&b, "%s! %s\n", p.File, p.Reason)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestUnpack_gives_each_file_of_an_archive(t *testing.T) {
	t.Parallel()
	ordinary := []packFile{
		{"posts/", ""}, {"posts/one.md", "1"}, {"posts/.DS_Store", "x"}, {"__MACOSX/posts/._one.md", "x"},
		{".git/config", "x"}, {"posts/two.xml.gz", packGzip(t, "2")},
	}
	const want = "a/posts/one.md=1\na/posts/two.xml.gz=2\n"
	inner := packZip(t, packFile{"deep.txt", "d"})
	for name, c := range map[string]struct{ data, want string }{
		"plain":              {"Title\n", "a=Title\n\n"},
		"nothing":            {"", "a=\n"},
		"gzip":               {packGzip(t, "text"), "a=text\n"},
		"zip":                {packZip(t, ordinary...), want},
		"tar":                {packTar(t, ordinary...), want},
		"tar.gz":             {packGzip(t, packTar(t, ordinary...)), want},
		"empty zip":          {packZip(t), ""},
		"zip in zip":         {packZip(t, packFile{"i.zip", inner}, packFile{"b", "b"}), "a/i.zip/deep.txt=d\na/b=b\n"},
		"tar.gz in zip":      {packZip(t, packFile{"i.tgz", packGzip(t, packTar(t, packFile{"x", "y"}))}), "a/i.tgz/x=y\n"},
		"zip in tar":         {packTar(t, packFile{"i.zip", inner}), "a/i.zip/deep.txt=d\n"},
		"thrice":             {packZip(t, packFile{"1.zip", packTar(t, packFile{"2.zip", inner}, packFile{"c", "c"})}), "a/1.zip/2.zip! An archive in an archive in an archive is not taken apart.\na/1.zip/c=c\n"},
		"a cut zip":          {inner[:len(inner)-30], "a! The end of the archive, where its files are listed, is damaged or missing; nothing in it can be read.\n"},
		"a cut tar":          {packTar(t, packFile{"x", "y"}, packFile{"z", "z"})[:1100], "a/x=y\na! The archive is damaged; what comes after this place in it is left out.\n"},
		"links":              {packTar(t, packFile{"l", "->"}, packFile{"f", "f"}), "a/l! Links and devices in an archive are not followed.\na/f=f\n"},
		"links in a zip":     {packZip(t, packFile{"l", "->"}, packFile{"f", "f"}), "a/l! Links and devices in an archive are not followed.\na/f=f\n"},
		"outside":            {packZip(t, packFile{"../../x", "x"}, packFile{"/etc/x", "x"}, packFile{`c:\x`, "x"}, packFile{`a\..\..\x`, "x"}), outside("x", "etc/x", "c:/x", "x")},
		"names with effects": {packTar(t, packFile{"a\u202Eb\x1b[2J", "x"}), "a/a�b�[2J=x\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, "from a file", unpacked(t, strings.NewReader(c.data)), c.want)
			same(t, "from a pipe", unpacked(t, io.MultiReader(strings.NewReader(c.data))), c.want)
		})
	}
}

// A damaged file of an archive says so under its own name, and the others are read.
func TestUnpack_leaves_out_no_more_than_what_is_damaged(t *testing.T) {
	t.Parallel()
	// Text that hardly packs, so that each file has bytes to damage.
	text := func(seed int) string {
		var b strings.Builder
		for i := range 400 {
			fmt.Fprintf(&b, "%x", (i+seed)*7919*(i+3))
		}
		return b.String()
	}
	whole := packZip(t, packFile{"one", "1"}, packFile{"two", text(1)}, packFile{"three", "3"})
	local, listed := strings.Index(whole, "two"), strings.LastIndex(whole, "two")
	const listName = 46 // bytes from the head of an entry in the list to its name
	for name, c := range map[string]struct {
		at     int
		set    string
		reason string
	}{
		"its beginning":     {local + len("two"), "\xff\xff\xff\xff", "The file is damaged and can’t be unpacked."},
		"its place":         {listed - listName + 42, "\x11\x11", "The file is damaged and can’t be unpacked."},
		"an unknown method": {listed - listName + 10, "\x63\x00", "The file is packed in a way that can’t be read here."},
		"a password":        {listed - listName + 8, "\x01\x00", "The file is locked with a password."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := whole[:c.at] + c.set + whole[c.at+len(c.set):]
			var told []string
			var list []Record
			err := Unpack(context.Background(), Source{Name: "a", R: strings.NewReader(data)}, func(src Source) error {
				_, err := Read(context.Background(), src, "text", func(r Record) error {
					list = append(list, r)
					return nil
				})
				if err != nil {
					told = append(told, src.Name+": "+err.Error())
				}
				return nil
			}, func(p Problem) error {
				if told = append(told, p.File+": "+p.Reason); !p.Refused {
					t.Errorf("%v does not count as refused", p)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			same(t, "told", strings.Join(told, "\n"), "a/two: "+c.reason)
			same(t, "read", fmt.Sprintf("%s %s", list[0].(Article).Title, list[len(list)-1].(Article).Title), "1 3")
		})
	}
	t.Run("its checksum", func(t *testing.T) {
		t.Parallel()
		data := whole[:listed-listName+16] + "\x00\x00\x00\x00" + whole[listed-listName+20:]
		got := unpacked(t, strings.NewReader(data))
		same(t, "read", got, "a/one=1\na/two! The compressed file is damaged; what comes after this line could not be unpacked.\na/three=3\n")
	})
}

func outside(names ...string) string {
	var b strings.Builder
	for _, n := range names {
		b.WriteString("a/" + n + "! The name leads out of the archive; the file is left out.\n")
	}
	return b.String()
}

func TestUnpack_stops_where_an_archive_grows_beyond_reason(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("\x00", 6<<20)
	many := make([]packFile, 8)
	for i := range many {
		many[i] = packFile{fmt.Sprint(i), zeros}
	}
	bomb := packZip(t, many...)
	if got := unpacked(t, strings.NewReader(bomb)); strings.Count(got, "=") != 2 || !strings.HasSuffix(got, "a/2! "+errRatio.Error()+"\n") {
		t.Errorf("read as %s", got)
	}
	// Compressed twice it is not twice as good.
	twice := packGzip(t, packTar(t, packFile{"x.gz", packGzip(t, strings.Repeat(zeros, 4))}))
	if got := unpacked(t, strings.NewReader(twice)); !strings.Contains(got, errRatio.Error()) {
		t.Errorf("read as %s", got)
	}
}

func TestUnpack_counts_the_files(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for range maxEntries + 5 {
		if err := w.WriteHeader(&tar.Header{Name: ".x", Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "problem", unpacked(t, &b), "a! "+errEntries.Error()+"\n")
}

func FuzzUnpack(f *testing.F) {
	file := packFile{"f.txt", "Title\n\nText\n"}
	for _, data := range []string{packZip(f, file), packTar(f, file), packGzip(f, packTar(f, file)), packZip(f, packFile{"i.zip", packZip(f, file)})} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		unpacked(t, bytes.NewReader(data))
		unpacked(t, io.MultiReader(bytes.NewReader(data)))
	})
}
