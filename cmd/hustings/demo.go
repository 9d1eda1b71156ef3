package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"hustings/internal/action"
	"hustings/internal/demo"
	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// demoCmd serves our own sample discussions.
type demoCmd struct {
	Fresh bool `help:"Start over: forget what visitors wrote since the first start."`
}

// Run fills the demo's own database at the first start, keeps it afterwards, and
// serves it.
func (c *demoCmd) Run(a *app) error {
	if a.cfg.DatabaseURL != "" {
		return forum.NewError(forum.Invalid, "The demo has its own database and would mix sample discussions into yours. Please unset DATABASE_URL for it.")
	}
	a.cfg.DataDir = filepath.Join(filepath.Dir(a.cfg.DataDir), "hustings-demo")
	if c.Fresh {
		if err := a.emptyDemo(); err != nil {
			return err
		}
	}
	var accounts []demoAccount
	prepare := func(ctx context.Context, _ *postgres.DB, act *action.Actions) (err error) {
		accounts, err = a.fillDemo(ctx, act)
		return err
	}
	return a.serve(prepare, func() { a.greet(accounts) })
}

// demoAccount is one of the printed accounts.
type demoAccount struct {
	Name     string `json:"name"`
	Role     string `json:"role"`
	Password string `json:"password"`
}

// fillDemo makes the sample content, unless it is there.
func (a *app) fillDemo(ctx context.Context, act *action.Actions) ([]demoAccount, error) {
	accounts, err := a.demoAccounts()
	if err != nil {
		return nil, err
	}
	passwords := map[string]string{}
	for _, account := range accounts {
		passwords[account.Name] = account.Password
	}
	return accounts, act.SeedDemo(ctx, passwords)
}

// demoAccounts reads the accounts of an earlier start, or makes up passwords.
func (a *app) demoAccounts() ([]demoAccount, error) {
	file := filepath.Join(a.cfg.DataDir, "demo-accounts.json")
	var accounts []demoAccount
	content, err := os.ReadFile(file)
	if err == nil && json.Unmarshal(content, &accounts) == nil && len(accounts) == len(demo.Accounts) {
		return accounts, nil
	}
	accounts = nil
	for _, account := range demo.Accounts {
		accounts = append(accounts, demoAccount{account.Name, account.Role, easyPassword()})
	}
	if content, err = json.MarshalIndent(accounts, "", "  "); err != nil {
		return nil, err
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		return nil, &forum.Error{Kind: forum.Unavailable, Msg: "The demo's passwords can’t be kept in %s.", Args: []any{file}, Err: err}
	}
	return accounts, nil
}

// easyPassword is 50 random bits in three groups that can be read out.
func easyPassword() string {
	var b [7]byte
	rand.Read(b[:]) //nolint:errcheck // never fails
	s := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
	return s[:4] + "-" + s[4:8] + "-" + s[8:11]
}

// emptyDemo makes the demo's database anew. The data directory stays.
func (a *app) emptyDemo() error {
	d, err := a.startDatabase()
	if err != nil {
		return err
	}
	defer d.stop(a)
	if d.private.Joined() {
		return forum.NewError(forum.Conflict, "The demo is running. Please stop it before starting it over.")
	}
	return postgres.Recreate(a.ctx, d.owner)
}

// greet prints where the demo is and who can sign in.
func (a *app) greet(accounts []demoAccount) {
	fmt.Fprintf(a.out, "\nHustings is ready at %s\n\nSign in as:\n", a.cfg.BaseURL)
	for _, account := range accounts {
		fmt.Fprintf(a.out, "  %-10s %-16s password %s\n", account.Role, account.Name, account.Password)
	}
	fmt.Fprintf(a.out, "\nOther commands reach it with HUSTINGS_DATA_DIR=%s\nCtrl-C stops it; what you write is kept. “--fresh” starts over.\n", a.cfg.DataDir)
}
