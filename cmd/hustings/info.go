package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"hustings/internal/forum"
)

// configCmd shows the settings in force.
type configCmd struct{}

// Run prints them without secrets.
func (c *configCmd) Run(a *app) error {
	_, err := io.WriteString(a.out, a.cfg.Print())
	return err
}

// versionCmd shows the version.
type versionCmd struct {
	JSON bool `help:"As one JSON object."`
}

// Run prints the version.
func (c *versionCmd) Run(a *app) error {
	if !c.JSON {
		_, err := fmt.Fprintf(a.out, "hustings %s (%s)\n", version(), runtime.Version())
		return err
	}
	return json.NewEncoder(a.out).Encode(map[string]string{"version": version(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH})
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && info.Main.Version == "(devel)" {
			return setting.Value[:min(12, len(setting.Value))]
		}
	}
	if info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "development"
	}
	return info.Main.Version
}

// healthcheckCmd asks the server on this machine.
type healthcheckCmd struct{}

// Run fails unless the server is ready.
func (c *healthcheckCmd) Run(a *app) error {
	host, port, err := net.SplitHostPort(a.cfg.ListenAddr)
	if err != nil {
		return err
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	client := http.Client{Timeout: 3 * time.Second}
	response, err := client.Get("http://" + net.JoinHostPort(host, port) + "/readyz")
	if err != nil {
		return &forum.Error{Kind: forum.Unavailable, Msg: "The server does not answer on %s.", Args: []any{a.cfg.ListenAddr}, Err: err}
	}
	defer response.Body.Close() //nolint:errcheck // read to its end below
	why, err := io.ReadAll(io.LimitReader(response.Body, 200))
	if err != nil || response.StatusCode != http.StatusOK {
		return forum.NewError(forum.Unavailable, "The server is not ready: %s", string(why))
	}
	return nil
}
