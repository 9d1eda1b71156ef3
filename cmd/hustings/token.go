package main

import (
	"context"
	"fmt"

	"hustings/internal/action"
	"hustings/internal/postgres"
)

// tokenCmd is about API tokens.
type tokenCmd struct {
	Add tokenAddCmd `cmd:"" help:"Make an API token of an account and print it."`
}

type tokenAddCmd struct {
	Account string `arg:"" name:"name" help:"The account's name, e-mail address or handle."`
	Label   string `name:"name" placeholder:"LABEL" help:"What the token is for; its owner sees it in the list."`
}

// Run prints the token alone on standard output, for scripts.
func (c *tokenAddCmd) Run(a *app) error {
	return a.withStore(func(ctx context.Context, _ *postgres.DB, act *action.Actions) error {
		secret, err := act.AddTokenFor(ctx, c.Account, c.Label)
		if err != nil {
			return err
		}
		fmt.Fprintln(a.err, "Whoever has this token can act in the name of the account. It is not shown again.")
		_, err = fmt.Fprintln(a.out, secret)
		return err
	})
}
