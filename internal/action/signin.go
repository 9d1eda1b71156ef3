package action

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// Limits of failed attempts. The first is the promise to people; it is counted
// for name and address prefix together, so nobody can lock somebody else out.
// The second stops one network from trying a few passwords on every name.
var (
	signInLimit        = postgres.Limit{N: 10, Per: 15 * time.Minute}
	signInAddressLimit = postgres.Limit{N: 1000, Per: 15 * time.Minute}
)

// errWrongSignIn is the one sentence for an unknown name and a wrong password,
// so that nobody learns who has an account.
var errWrongSignIn = forum.FieldError("password",
	"There is no account with this name and this password. Passwords tell capital letters from small ones.")

// Browser is what an action knows of the browser that asks.
type Browser struct {
	Addr      netip.Addr // of the client, through trusted proxies only
	UserAgent string
	Session   string // the token it holds now, "": none; it ends
}

// agent is the user agent as it can be stored and shown.
func (b Browser) agent() string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(b.UserAgent, ""))
}

// SignedIn is a browser that has just been signed in.
type SignedIn struct {
	Viewer  forum.Viewer
	Session string // the new secret for its cookie
}

// SignIn signs somebody in by name or e-mail address. An unknown name and a
// wrong password take the same steps and give the same Invalid error; after ten
// failures TooMany.
func (a *Actions) SignIn(ctx context.Context, name, password string, b Browser) (SignedIn, error) {
	id := ident(name)
	keys, err := a.signInKeys(ctx, id, name, b.Addr)
	if err != nil {
		return SignedIn{}, err
	}
	if err := a.takeSignIn(ctx, keys); err != nil {
		return SignedIn{}, err
	}
	account, weak, err := a.verifySignIn(ctx, id, password)
	if errors.Is(err, errWrongSignIn) {
		a.log.InfoContext(ctx, "sign-in failed", "known", account.ID != 0)
		return SignedIn{}, err
	}
	// Anything else was no failed attempt: it does not count.
	if back := a.giveSignInBack(ctx, keys); err == nil {
		err = back
	}
	if err != nil {
		return SignedIn{}, err
	}
	return a.startSession(ctx, account, weak, password, b)
}

type signInKeys struct{ name, address string }

func (a *Actions) signInKeys(ctx context.Context, id postgres.Ident, typed string, addr netip.Addr) (k signInKeys, err error) {
	who := id.Skeleton + "\x00" + strings.ToLower(id.Email)
	if id == (postgres.Ident{}) {
		who = typed
	}
	if k.name, err = a.limitKey(ctx, "signin", who, addrPrefix(addr)); err != nil {
		return k, err
	}
	k.address, err = a.limitKey(ctx, "signin-from", addrPrefix(addr))
	return k, err
}

// takeSignIn counts the attempt as failed before it is made, so that a hundred
// at once are not all let through.
func (a *Actions) takeSignIn(ctx context.Context, k signInKeys) error {
	err := a.db.Take(ctx, k.name, signInLimit)
	if err == nil {
		err = a.db.Take(ctx, k.address, signInAddressLimit)
	}
	if e, ok := errors.AsType[*forum.Error](err); ok && e.Kind == forum.TooMany {
		return &forum.Error{Kind: forum.TooMany, RetryAfter: e.RetryAfter,
			Msg: "There were too many failed attempts to sign in. Please wait a few minutes and try again."}
	}
	return err
}

func (a *Actions) giveSignInBack(ctx context.Context, k signInKeys) error {
	if err := a.db.GiveBack(ctx, k.name, signInLimit); err != nil {
		return err
	}
	return a.db.GiveBack(ctx, k.address, signInAddressLimit)
}

// verifySignIn finds the account and checks the password. Where there is no
// account a hash that nothing fits is checked in its place, which takes as long.
func (a *Actions) verifySignIn(ctx context.Context, id postgres.Ident, password string) (account postgres.Account, weak bool, err error) {
	account, err = a.db.FindMember(ctx, id)
	if err != nil && forum.KindOf(err) != forum.NotFound {
		return account, false, err
	}
	ok, weak, err := a.accounts.hasher.verify(ctx, account.PasswordHash, password)
	if err == nil && !ok {
		err = errWrongSignIn
	}
	return account, weak, err
}

func (a *Actions) startSession(ctx context.Context, account postgres.Account, weak bool, password string, b Browser) (SignedIn, error) {
	var hash string
	if weak {
		var err error
		if hash, err = a.accounts.hasher.hash(ctx, password); err != nil {
			return SignedIn{}, err
		}
	}
	in := SignedIn{Viewer: viewerOf(account.Person), Session: newSecret()}
	err := a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		if err := unchanged(ctx, tx, account); err != nil {
			return err
		}
		if weak {
			if err := tx.SetPasswordHash(ctx, account.ID, hash); err != nil {
				return err
			}
		}
		return replaceSession(ctx, tx, account.ID, in.Session, b)
	})
	if err != nil {
		return SignedIn{}, err
	}
	a.log.InfoContext(ctx, "signed in", "person", account.ID)
	return in, nil
}

// replaceSession ends the session the browser has and begins one with a new id,
// so that an id known from before opens nothing.
func replaceSession(ctx context.Context, tx *postgres.Tx, id forum.PersonID, session string, b Browser) error {
	if b.Session != "" {
		if err := tx.EndSession(ctx, b.Session); err != nil {
			return err
		}
	}
	return tx.AddSession(ctx, id, session, b.agent())
}

func viewerOf(p forum.Person) forum.Viewer {
	return forum.Viewer{ID: p.ID, Name: p.Name, Handle: p.Handle, Role: p.Role}
}
