package action

import (
	"context"
	"time"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// signUpLimit is per address prefix: enough for a class-room behind one address,
// too little to fill a site with names.
var signUpLimit = postgres.Limit{N: 60, Per: time.Hour}

// SignUp makes an account with the role reader and signs the browser in. Errors
// name the field (name, email, password). Names that only look different are the
// same; of two people who want one at once, one gets it.
func (a *Actions) SignUp(ctx context.Context, n NewAccount, b Browser) (SignedIn, error) {
	member, err := n.check()
	if err != nil {
		return SignedIn{}, err
	}
	if reservedSkeletons[bareSkeleton(member.Name)] {
		return SignedIn{}, forum.FieldError("name", "This name is kept for the site itself. Please choose another.")
	}
	if err := a.TakeForAddress(ctx, "signup", b.Addr, signUpLimit); err != nil {
		return SignedIn{}, err
	}
	if member.PasswordHash, err = a.accounts.hasher.hash(ctx, n.Password); err != nil {
		return SignedIn{}, err
	}
	in := SignedIn{Session: newSecret()}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		alike, err := tx.LooksLikeStaff(ctx, bareSkeleton(member.Name))
		if err != nil {
			return err
		}
		if alike {
			return forum.FieldError("name", "Somebody here already has this name, or one that looks the same.")
		}
		made, err := tx.AddMember(ctx, member)
		if err != nil {
			return err
		}
		in.Viewer = viewerOf(made)
		return replaceSession(ctx, tx, made.ID, in.Session, b)
	})
	if err != nil {
		return SignedIn{}, err
	}
	a.log.InfoContext(ctx, "signed up", "person", in.Viewer.ID)
	return in, nil
}
