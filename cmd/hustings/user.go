package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/paths"
	"hustings/internal/postgres"
)

// userCmd is about accounts. Whoever may run it may do all of it.
type userCmd struct {
	Add           userAddCmd       `cmd:"" help:"Make an account that can sign in at once."`
	Role          userRoleCmd      `cmd:"" help:"Change what an account may do. It is signed out everywhere and its API tokens are withdrawn."`
	ResetPassword userResetCmd     `cmd:"" name:"reset-password" help:"Give an account another password. It is signed out everywhere and its API tokens are withdrawn."`
	ClaimLink     userClaimLinkCmd `cmd:"" name:"claim-link" help:"Make a link that gives the comments of an imported name to the account that opens it, once, within seven days."`
	Erase         userEraseCmd     `cmd:"" help:"Say what erasing a person would take away, and with --yes do it."`
}

// passwordFlag says where a password comes from.
type passwordFlag struct {
	PasswordStdin bool `help:"Read the password from standard input: one line, without its line end. Else one is made up and printed."`
}

type userAddCmd struct {
	Name  string `arg:"" help:"Letters, digits, - _ . and inner spaces, 2 to 60 characters."`
	Role  string `enum:"reader,moderator,admin" default:"reader" help:"One of ${enum}."`
	Email string `help:"An e-mail address, with which the account can also sign in."`
	passwordFlag
}

// Run makes the account.
func (c *userAddCmd) Run(a *app) error {
	password, made, err := c.password(a.in)
	if err != nil {
		return err
	}
	return a.withStore(func(ctx context.Context, _ *postgres.DB, act *action.Actions) error {
		p, err := act.AddAccount(ctx, action.NewAccount{Name: c.Name, Email: c.Email, Password: password}, forum.Role(c.Role))
		if err != nil {
			return err
		}
		fmt.Fprintf(a.err, "%s can sign in now as %s.\n", p.Name, p.Role)
		return a.tellPassword(password, made)
	})
}

type userRoleCmd struct {
	Name string `arg:"" help:"The account's name, e-mail address or handle."`
	Role string `arg:"" enum:"reader,moderator,admin" help:"One of ${enum}."`
}

// Run changes the role.
func (c *userRoleCmd) Run(a *app) error {
	return a.withStore(func(ctx context.Context, _ *postgres.DB, act *action.Actions) error {
		p, err := act.SetRole(ctx, c.Name, forum.Role(c.Role))
		if err != nil {
			return err
		}
		fmt.Fprintf(a.err, "%s is a %s now.\n", p.Name, p.Role)
		return nil
	})
}

type userResetCmd struct {
	Name string `arg:"" help:"The account's name, e-mail address or handle."`
	passwordFlag
}

// Run changes the password.
func (c *userResetCmd) Run(a *app) error {
	password, made, err := c.password(a.in)
	if err != nil {
		return err
	}
	return a.withStore(func(ctx context.Context, _ *postgres.DB, act *action.Actions) error {
		p, err := act.ResetPassword(ctx, c.Name, password)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.err, "%s has a new password, and is signed out everywhere.\n", p.Name)
		return a.tellPassword(password, made)
	})
}

type userClaimLinkCmd struct {
	Handle  string `arg:"" help:"The last part of the imported name's address, /people/HANDLE."`
	Account string `name:"for" placeholder:"NAME" help:"The only account that may use the link."`
}

// Run prints the link alone on standard output, for scripts.
func (c *userClaimLinkCmd) Run(a *app) error {
	return a.withStore(func(ctx context.Context, _ *postgres.DB, act *action.Actions) error {
		secret, err := act.ClaimLinkFromShell(ctx, c.Handle, c.Account)
		if err != nil {
			return err
		}
		fmt.Fprintln(a.err, "Whoever opens this link while signed in gets the comments. It is not shown again.")
		_, err = fmt.Fprintln(a.out, strings.TrimSuffix(a.cfg.BaseURL.String(), "/")+paths.ClaimLink(secret))
		return err
	})
}

// maxPasswordLine is more than any password takes up.
const maxPasswordLine = 64 << 10

// password reads a password, or makes one up.
func (f passwordFlag) password(in io.Reader) (password string, made bool, err error) {
	if !f.PasswordStdin {
		return easyPassword() + "-" + easyPassword(), true, nil
	}
	line, err := bufio.NewReader(io.LimitReader(in, maxPasswordLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, &forum.Error{Kind: forum.Invalid, Msg: "The password can’t be read from standard input.", Err: err}
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), false, nil
}

// tellPassword prints a password that was made up, alone on standard output.
func (a *app) tellPassword(password string, made bool) error {
	if !made {
		return nil
	}
	fmt.Fprintln(a.err, "This is the password. It is not kept anywhere else:")
	_, err := fmt.Fprintln(a.out, password)
	return err
}
