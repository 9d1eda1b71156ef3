package config_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"hustings/internal/config"
)

func load(env map[string]string) (config.Config, error) {
	return config.Load(config.Source{
		Getenv: func(name string) string { return env[name] },
		ReadFile: func(name string) ([]byte, error) {
			if name == "/run/secret" {
				return []byte(strings.Repeat("k", 40) + "\n"), nil
			}
			return nil, os.ErrNotExist
		},
		Home: "/home/someone",
	})
}

func TestLoad_defaults(t *testing.T) {
	t.Parallel()
	c, err := load(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.ListenAddr != "127.0.0.1:8080" || c.BaseURL.String() != "http://127.0.0.1:8080" || c.DataDir != "/home/someone/.local/share/hustings" {
		t.Errorf("unexpected defaults: %+v", c)
	}
}

func TestLoad_reads_a_secret_from_a_file_without_its_line_end(t *testing.T) {
	t.Parallel()
	c, err := load(map[string]string{"HUSTINGS_SESSION_KEY_FILE": "/run/secret"})
	if err != nil || c.SessionKey != strings.Repeat("k", 40) {
		t.Errorf("got %q, %v", c.SessionKey, err)
	}
}

func TestLoad_lists_every_problem_at_once(t *testing.T) {
	t.Parallel()
	_, err := load(map[string]string{
		"DATABASE_URL": "mysql://x", "LISTEN_ADDR": "8080", "BASE_URL": "ftp://x/y", "LOG_LEVEL": "loud", "LOG_FORMAT": "xml",
		"HUSTINGS_TRUSTED_PROXIES": "10.0.0.0/8, everyone", "HUSTINGS_FETCH_ALLOW": "intranet", "HUSTINGS_SESSION_KEY": "short", "HUSTINGS_IMAGES_DIR": "pictures", "HUSTINGS_POSTGRES_ARCHIVE": "/x.tgz",
	})
	problems, ok := errors.AsType[config.Problems](err)
	if !ok || len(problems) != 10 {
		t.Fatalf("want 10 problems, got %v", err)
	}
}

func TestLoad_refuses_hostile_values(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]map[string]string{
		"a base address with a path":      {"BASE_URL": "https://example.org/forum"},
		"a base address with a password":  {"BASE_URL": "https://a:b@example.org"},
		"a secret twice":                  {"HUSTINGS_SESSION_KEY": strings.Repeat("x", 40), "HUSTINGS_SESSION_KEY_FILE": "/run/secret"},
		"a file that is not there":        {"DATABASE_URL_FILE": "/nowhere"},
		"a direct address without a pool": {"DATABASE_DIRECT_URL": "postgres://x/y"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			if _, err := load(env); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestPrint_shows_no_secret(t *testing.T) {
	t.Parallel()
	c, err := load(map[string]string{"DATABASE_URL": "postgres://u:hidden@h/d", "HUSTINGS_SESSION_KEY": strings.Repeat("hidden", 10)})
	if err != nil {
		t.Fatal(err)
	}
	if out := c.Print(); strings.Contains(out, "hidden") || !strings.Contains(out, "127.0.0.1:8080") {
		t.Errorf("printed:\n%s", out)
	}
}
