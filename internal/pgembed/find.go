package pgembed

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// programs is a folder with initdb and postgres of one version.
type programs struct {
	dir   string
	major int
	from  string // which layer, for the log
}

func (p programs) path(name string) string { return filepath.Join(p.dir, name) }

// finder looks for programs. Its fields stand in for the machine in tests.
type finder struct {
	o       Options
	pin     int      // required major, 0 for any from minMajor
	search  []string // folders to look into, in no order
	bundled func() (name string, archive []byte)
	npm     string // path of the npm client, "" for none
	version func(ctx context.Context, postgres string) (int, error)
}

func newFinder(o Options, pin int) *finder {
	npm, _ := exec.LookPath("npm")
	f := &finder{o: o, pin: pin, search: systemFolders(), bundled: bundle, npm: npm, version: majorOf}
	if o.withoutSystem {
		f.search = nil
	}
	return f
}

// find asks the layers in order: what the person named (a folder, an archive),
// what was built in, what the system has, what npm can fetch. A layer that was
// named and does not work is an error; it is never passed over in silence,
// except that a cluster of another major may still find its own elsewhere.
func (f *finder) find(ctx context.Context) (programs, error) {
	var misfits []programs
	for _, layer := range []func(context.Context) (programs, error){
		f.named, f.archived, f.built, f.installed, f.fetched,
	} {
		p, err := layer(ctx)
		switch {
		case errors.Is(err, errAbsent):
			continue
		case err != nil:
			return programs{}, err
		case f.fits(p.major):
			return p, nil
		}
		misfits = append(misfits, p)
	}
	return programs{}, f.nothing(misfits)
}

var errAbsent = errors.New("this layer has nothing")

func (f *finder) fits(major int) bool {
	if f.pin != 0 {
		return major == f.pin
	}
	return major >= minMajor
}

func (f *finder) named(ctx context.Context) (programs, error) {
	if f.o.Bin == "" {
		return programs{}, errAbsent
	}
	p, err := f.inspect(ctx, f.o.Bin, "HUSTINGS_POSTGRES_BIN")
	if err != nil {
		return p, problem(err, "HUSTINGS_POSTGRES_BIN is %s, but there are no working initdb and postgres in it.", f.o.Bin)
	}
	return p, nil
}

// installed picks the highest fitting major of the system, or the highest at all
// so that the message can name it.
func (f *finder) installed(ctx context.Context) (programs, error) {
	var found []programs
	var seen []string
	for _, dir := range f.search {
		real, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
		if err != nil || slices.Contains(seen, real) {
			continue
		}
		seen = append(seen, real)
		if p, err := f.inspect(ctx, filepath.Dir(real), "system"); err == nil {
			found = append(found, p)
		} else if p, err := f.inspect(ctx, dir, "system"); err == nil {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return programs{}, errAbsent
	}
	return slices.MaxFunc(found, func(a, b programs) int {
		if x, y := f.fits(a.major), f.fits(b.major); x != y {
			if x {
				return 1
			}
			return -1
		}
		return a.major - b.major
	}), nil
}

func (f *finder) inspect(ctx context.Context, dir, from string) (programs, error) {
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return programs{}, fmt.Errorf("look for %s: %w", name, err)
		}
	}
	major, err := f.version(ctx, filepath.Join(dir, "postgres"))
	return programs{dir: dir, major: major, from: from}, err
}

var versionText = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

func majorOf(ctx context.Context, postgres string) (int, error) {
	var out []byte
	var err error
	for range 20 {
		cmd := exec.CommandContext(ctx, postgres, "--version")
		cmd.Env = childEnv("/")
		// What has just been unpacked may for a moment still be open for writing in
		// a process that was forked meanwhile.
		if out, err = cmd.CombinedOutput(); !errors.Is(err, syscall.ETXTBSY) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		return 0, fmt.Errorf("%s --version: %w: %s", postgres, err, lastLine(string(out)))
	}
	m := versionText.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("%s --version: no version in its answer", postgres)
	}
	return strconv.Atoi(string(m[1]))
}

// systemFolders lists where the usual packages put PostgreSQL: Debian, Red Hat,
// Alpine, a build from source, Homebrew on both processors, MacPorts.
func systemFolders() []string {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/usr/libexec/postgresql*",
		"/usr/local/pgsql/bin",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/opt/local/lib/postgresql*/bin",
	} {
		found, _ := filepath.Glob(pattern)
		dirs = append(dirs, found...)
	}
	return slices.DeleteFunc(dirs, func(d string) bool { return !filepath.IsAbs(d) })
}

// nothing is the one message when no layer answers. It names the ways out.
func (f *finder) nothing(misfits []programs) error {
	var have []string
	for _, p := range misfits {
		have = append(have, fmt.Sprintf("%d in %s", p.major, p.dir))
	}
	if f.pin != 0 {
		found := "none was found"
		if len(have) > 0 {
			found = "only these were found: " + strings.Join(have, ", ")
		}
		return problem(ErrNoPostgres, "The data in %s was made by PostgreSQL %d, and %s. "+
			"Install PostgreSQL %d with the system's package manager, or name its folder in HUSTINGS_POSTGRES_BIN. Nothing was changed.",
			filepath.Join(f.o.Dir, "postgres"), f.pin, found, f.pin)
	}
	found := "was not found on this machine"
	if len(have) > 0 {
		found = fmt.Sprintf("of version %d or newer was not found on this machine (there is %s)", minMajor, strings.Join(have, ", "))
	}
	return problem(ErrNoPostgres, "PostgreSQL %s. Either install PostgreSQL %d or newer with the system's package manager (%s), "+
		"or set DATABASE_URL to a PostgreSQL server, or run: docker compose up", found, minMajor, installAdvice())
}

func installAdvice() string {
	switch runtime.GOOS {
	case "darwin":
		return "brew install postgresql@17"
	case "linux":
		for _, m := range []struct{ program, advice string }{
			{"/sbin/apk", "apk add postgresql17"},
			{"/usr/bin/apt-get", "apt-get install postgresql"},
			{"/usr/bin/dnf", "dnf install postgresql-server"},
			{"/usr/bin/zypper", "zypper install postgresql-server"},
			{"/usr/bin/pacman", "pacman -S postgresql"},
		} {
			if _, err := os.Stat(m.program); err == nil {
				return m.advice
			}
		}
	}
	return "its package is usually called postgresql"
}

// childEnv is the environment of PostgreSQL's programs: nothing of ours that
// could change where they connect, what they log or how they sort.
func childEnv(home string) []string {
	env := []string{"LANG=C", "LC_ALL=C", "TZ=UTC", "HOME=" + home}
	for _, keep := range []string{"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SystemRoot"} {
		if v, ok := os.LookupEnv(keep); ok {
			env = append(env, keep+"="+v)
		}
	}
	return env
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
