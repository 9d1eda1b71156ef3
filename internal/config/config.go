// Package config turns the environment into a checked Config. It reports every
// wrong value at once and prints itself without secrets. It opens nothing but
// the files that secrets are kept in.
package config

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// Config is what an admin may choose. Names in comments are the variables.
type Config struct {
	DatabaseURL           string         // DATABASE_URL; "": a private PostgreSQL in DataDir
	DatabaseDirectURL     string         // DATABASE_DIRECT_URL: the owner's, not through a pooler; migrations use it
	ListenAddr            string         // LISTEN_ADDR
	BaseURL               *url.URL       // BASE_URL: the public address, without a path
	DataDir               string         // HUSTINGS_DATA_DIR
	TrustedProxies        []netip.Prefix // HUSTINGS_TRUSTED_PROXIES
	FetchAllow            []netip.Prefix // HUSTINGS_FETCH_ALLOW: private networks that may be asked all the same
	ImagesDir             string         // HUSTINGS_IMAGES_DIR; "": images are kept in the database
	SessionKey            string         // HUSTINGS_SESSION_KEY; "": generated and kept in the database
	LogLevel              slog.Level     // LOG_LEVEL
	LogJSON               bool           // LOG_FORMAT=json
	PostgresBin           string         // HUSTINGS_POSTGRES_BIN
	PostgresArchive       string         // HUSTINGS_POSTGRES_ARCHIVE
	PostgresArchiveSHA256 string         // HUSTINGS_POSTGRES_ARCHIVE_SHA256
}

// OwnerURL is the address under which the schema is changed.
func (c *Config) OwnerURL() string {
	if c.DatabaseDirectURL != "" {
		return c.DatabaseDirectURL
	}
	return c.DatabaseURL
}

// minSessionKey is the shortest key that is as strong as the signature it makes.
const minSessionKey = 32

// Problems are all wrong values of an environment.
type Problems []string

// Error lists the problems, a line each.
func (p Problems) Error() string {
	return "these settings have to change first:\n  " + strings.Join(p, "\n  ")
}

// Source is where values come from.
type Source struct {
	Getenv   func(string) string
	ReadFile func(string) ([]byte, error)
	Root     bool   // running as root
	Home     string // "" if unknown
}

// Load reads and checks the environment. The error is Problems.
func Load(src Source) (Config, error) {
	r := reader{Source: src}
	c := Config{
		DatabaseURL:           r.databaseURL("DATABASE_URL"),
		DatabaseDirectURL:     r.databaseURL("DATABASE_DIRECT_URL"),
		ListenAddr:            r.listenAddr(),
		DataDir:               r.dataDir(),
		TrustedProxies:        r.networks("HUSTINGS_TRUSTED_PROXIES"),
		FetchAllow:            r.networks("HUSTINGS_FETCH_ALLOW"),
		ImagesDir:             r.folder("HUSTINGS_IMAGES_DIR"),
		SessionKey:            r.sessionKey(),
		LogLevel:              r.logLevel(),
		LogJSON:               r.choice("LOG_FORMAT", "text", "json") == "json",
		PostgresBin:           r.value("HUSTINGS_POSTGRES_BIN"),
		PostgresArchive:       r.value("HUSTINGS_POSTGRES_ARCHIVE"),
		PostgresArchiveSHA256: r.value("HUSTINGS_POSTGRES_ARCHIVE_SHA256"),
	}
	c.BaseURL = r.baseURL(c.ListenAddr)
	if c.PostgresArchive != "" && len(c.PostgresArchiveSHA256) != 64 {
		r.problem("HUSTINGS_POSTGRES_ARCHIVE_SHA256 has to be the SHA-256 of HUSTINGS_POSTGRES_ARCHIVE: 64 hexadecimal digits.")
	}
	if c.DatabaseDirectURL != "" && c.DatabaseURL == "" {
		r.problem("DATABASE_DIRECT_URL is of use only together with DATABASE_URL.")
	}
	if len(r.problems) > 0 {
		return c, r.problems
	}
	return c, nil
}

// reader reads values and collects what is wrong with them.
type reader struct {
	Source
	problems Problems
}

func (r *reader) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

func (r *reader) value(name string) string { return strings.TrimSpace(r.Getenv(name)) }

// secret is a value that may be given in a file, NAME_FILE.
func (r *reader) secret(name string) string {
	value, file := r.value(name), r.value(name+"_FILE")
	if file == "" {
		return value
	}
	if value != "" {
		r.problem("%s and %s_FILE are both set; please keep one of them.", name, name)
		return value
	}
	content, err := r.ReadFile(file)
	if err != nil {
		r.problem("%s_FILE names %s, which can’t be read.", name, file)
		return ""
	}
	return strings.TrimRight(string(content), "\r\n")
}

func (r *reader) databaseURL(name string) string {
	value := r.secret(name)
	if value == "" || strings.HasPrefix(value, "postgres://") || strings.HasPrefix(value, "postgresql://") || strings.Contains(value, "=") {
		return value
	}
	r.problem("%s has to be a PostgreSQL address such as postgres://user:password@host/database.", name)
	return ""
}

func (r *reader) listenAddr() string {
	value := r.value("LISTEN_ADDR")
	if value == "" {
		return "127.0.0.1:8080"
	}
	if _, port, err := net.SplitHostPort(value); err != nil || port == "" {
		r.problem("LISTEN_ADDR has to be an address and a port, such as 127.0.0.1:8080 or :8080; it is %q.", value)
	}
	return value
}

func (r *reader) baseURL(listen string) *url.URL {
	value := r.value("BASE_URL")
	if value == "" {
		return &url.URL{Scheme: "http", Host: reachable(listen)}
	}
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		r.problem("BASE_URL has to be the public address of the site, such as https://example.org; it is %q.", value)
		return &url.URL{Scheme: "http", Host: reachable(listen)}
	}
	if u.Path != "" && u.Path != "/" {
		r.problem("BASE_URL has the path %s, but the site has to stand at the root of a host name.", u.Path)
	}
	u.Path = ""
	return u
}

// reachable makes an address for people from one to listen on.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

func (r *reader) dataDir() string {
	for _, name := range []string{"HUSTINGS_DATA_DIR", "STATE_DIRECTORY"} {
		if dir := r.value(name); dir != "" {
			if !filepath.IsAbs(dir) && name == "STATE_DIRECTORY" {
				r.problem("STATE_DIRECTORY has to be an absolute path; it is %q.", dir)
			}
			return dir
		}
	}
	if dir := r.value("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "hustings")
	}
	if r.Root {
		return "/var/lib/hustings"
	}
	if r.Home == "" {
		r.problem("There is no home directory to keep data in. Please set HUSTINGS_DATA_DIR.")
	}
	return filepath.Join(r.Home, ".local", "share", "hustings")
}

// folder is a folder that no working directory changes.
func (r *reader) folder(name string) string {
	dir := r.value(name)
	if dir != "" && !filepath.IsAbs(dir) {
		r.problem("%s has to be an absolute path; it is %q.", name, dir)
	}
	return dir
}

// networks reads a list of addresses and ranges.
func (r *reader) networks(name string) []netip.Prefix {
	var list []netip.Prefix
	for item := range strings.FieldsFuncSeq(r.value(name), func(c rune) bool { return c == ',' || c == ' ' }) {
		if addr, err := netip.ParseAddr(item); err == nil {
			list = append(list, netip.PrefixFrom(addr, addr.BitLen()))
		} else if prefix, err := netip.ParsePrefix(item); err == nil {
			list = append(list, prefix.Masked())
		} else {
			r.problem("%s has to be addresses or ranges such as 10.0.0.0/8; %q is neither.", name, item)
		}
	}
	return list
}

func (r *reader) sessionKey() string {
	key := r.secret("HUSTINGS_SESSION_KEY")
	if key != "" && len(key) < minSessionKey {
		r.problem("HUSTINGS_SESSION_KEY has to be at least %d characters long. Without it a key is made and kept in the database.", minSessionKey)
	}
	return key
}

func (r *reader) logLevel() slog.Level {
	var level slog.Level
	value := r.value("LOG_LEVEL")
	if value == "" {
		return slog.LevelInfo
	}
	if err := level.UnmarshalText([]byte(value)); err != nil {
		r.problem("LOG_LEVEL can be debug, info, warn or error; it is %q.", value)
	}
	return level
}

// choice reads a value that is one of a few; the first is the default.
func (r *reader) choice(name string, options ...string) string {
	value := strings.ToLower(r.value(name))
	if value == "" {
		return options[0]
	}
	if slices.Contains(options, value) {
		return value
	}
	r.problem("%s can be %s; it is %q.", name, strings.Join(options, " or "), value)
	return options[0]
}

// Print writes the configuration for people, a line each, without secrets.
func (c *Config) Print() string {
	database := "a private PostgreSQL in " + c.DataDir
	if c.DatabaseURL != "" {
		database = redacted(c.DatabaseURL)
	}
	key := "made here and kept in the database"
	if c.SessionKey != "" {
		key = "given (not shown)"
	}
	images := "in the database"
	if c.ImagesDir != "" {
		images = c.ImagesDir
	}
	lines := [][2]string{
		{"DATABASE_URL", database}, {"DATABASE_DIRECT_URL", redacted(c.DatabaseDirectURL)}, {"LISTEN_ADDR", c.ListenAddr},
		{"BASE_URL", c.BaseURL.String()}, {"HUSTINGS_DATA_DIR", c.DataDir}, {"HUSTINGS_TRUSTED_PROXIES", fmt.Sprint(c.TrustedProxies)},
		{"HUSTINGS_FETCH_ALLOW", fmt.Sprint(c.FetchAllow)}, {"HUSTINGS_IMAGES_DIR", images}, {"HUSTINGS_SESSION_KEY", key}, {"LOG_LEVEL", c.LogLevel.String()}, {"HUSTINGS_POSTGRES_BIN", c.PostgresBin},
		{"HUSTINGS_POSTGRES_ARCHIVE", c.PostgresArchive},
	}
	var b strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&b, "%-26s %s\n", line[0], line[1])
	}
	return b.String()
}

func redacted(address string) string {
	if address == "" {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return "given (not shown)"
	}
	return u.Redacted()
}
