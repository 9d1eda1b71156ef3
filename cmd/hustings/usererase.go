package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"hustings/internal/action"
	"hustings/internal/postgres"
)

type userEraseCmd struct {
	Handle   string `arg:"" help:"The last part of the person's address, /people/HANDLE; of an account also its name or e-mail address."`
	SameMail bool   `help:"Also all imported names with the same e-mail address, whatever source they came from."`
	Texts    bool   `help:"Also the texts of the comments; replies to them stay."`
	Yes      bool   `help:"Do it. Without this it only says what would go."`
}

// Help tells what stays.
func (*userEraseCmd) Help() string {
	return "Name, addresses and account go, and later imports of the same source leave them out. The comments stay without a name. " +
		"What others wrote about the person stays, and so do bylines of articles. Nobody can take it back."
}

// Run says what goes, and with --yes erases it.
func (c *userEraseCmd) Run(a *app) error {
	return a.withStore(func(ctx context.Context, _ *postgres.DB, act *action.Actions) error {
		e := action.Erasing{Handle: c.Handle, SameMail: c.SameMail, Texts: c.Texts}
		do := act.EraseReviewFromShell
		if c.Yes {
			do = act.EraseFromShell
		}
		done, err := do(ctx, e)
		if err != nil {
			return err
		}
		return writeErased(a.out, done, c)
	})
}

func writeErased(w io.Writer, done action.Erased, c *userEraseCmd) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s by %s", plural(done.Comments, "comment"), plural(done.Articles, "article"), strings.Join(done.Names, ", "))
	if len(done.Sources) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(done.Sources, ", "))
	}
	switch {
	case !c.Yes && c.Texts:
		b.WriteString(" would lose name and text")
	case !c.Yes:
		b.WriteString(" would lose the name")
	case c.Texts:
		b.WriteString(" have no name and no text now")
	default:
		b.WriteString(" have no name now")
	}
	if done.Account {
		b.WriteString("; the account goes, too")
	}
	b.WriteString(".\n")
	if done.Bylines > 0 {
		fmt.Fprintf(&b, "The name stays in the byline of %s.\n", plural(done.Bylines, "article"))
	}
	if !c.Yes {
		b.WriteString("Nothing has been changed; --yes does it, and nobody can take it back.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
