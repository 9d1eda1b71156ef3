package action

import (
	"context"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/postgres"
)

// reservedNames are names that would lend somebody an authority they do not
// have. Nobody can sign up as one, or as one that looks the same; whoever runs
// the program may still give them out from the shell.
var reservedNames = []string{
	"admin", "admins", "administrator", "administration", "root", "system", "sysadmin", "superuser", "owner", "webmaster",
	"postmaster", "hostmaster", "abuse", "security", "support", "help", "helpdesk", "staff", "moderator", "moderators",
	"mod", "mods", "moderation", "editor", "editors", "the editor", "the editors", "editorial", "official",
	"hustings", "hustings team", "hustings admin", "bot", "daemon", "nobody", "no-reply", "mailer-daemon",
	"anonymous", "guest", "guests", "unknown", "deleted", "removed", "retracted", "erased", "null", "undefined",
	"none", "everyone", "everybody", "you", "me", "sign in", "sign up", "sign out", "settings",
}

var reservedSkeletons = func() map[string]bool {
	set := map[string]bool{}
	for _, name := range reservedNames {
		set[bareSkeleton(name)] = true
	}
	return set
}()

// bareSkeleton is a skeleton without the signs between words: "mod.erator" is
// taken for "moderator" too.
func bareSkeleton(name string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "", ".", "").Replace(markup.Skeleton(name))
}

// memberName checks a name for an account and gives it in its stored form.
func memberName(raw string) (string, error) {
	name, err := markup.Name(raw)
	if err != nil {
		return "", &forum.Error{Kind: forum.Invalid, Field: "name", Msg: err.Error()}
	}
	return name, nil
}

// emailAddress checks an address as far as that goes without writing to it; ""
// is none.
func emailAddress(raw string) (string, error) {
	s := strings.TrimSpace(raw)
	if s == "" {
		return "", nil
	}
	if utf8.RuneCountInString(s) > forum.MaxEmailChars {
		return "", forum.FieldError("email", "An e-mail address has at most 254 characters.")
	}
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Address != s || parsed.Name != "" || strings.ContainsFunc(s, notInEmail) {
		return "", &forum.Error{Kind: forum.Invalid, Field: "email", Msg: "This doesn’t look like an e-mail address.", Err: err}
	}
	return s, nil
}

func notInEmail(r rune) bool {
	return r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`"<>()`, r)
}

// storable tells whether PostgreSQL can compare a text at all and whether it is
// short enough to be anybody's name or address.
func storable(s string) bool {
	return len(s) <= 1024 && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// ident says how somebody may be found by what was typed as name.
func ident(typed string) postgres.Ident {
	typed = strings.TrimSpace(typed)
	if !storable(typed) {
		return postgres.Ident{}
	}
	if strings.Contains(typed, "@") { // no name holds one
		return postgres.Ident{Email: typed}
	}
	if name, err := markup.Name(typed); err == nil {
		typed = name
	}
	return postgres.Ident{Skeleton: markup.Skeleton(typed)}
}

// NewAccount is what is typed for an account.
type NewAccount struct {
	Name     string
	Email    string // "": none
	Password string
}

// check normalises what was typed; the error names the field.
func (n NewAccount) check() (postgres.NewMember, error) {
	name, err := memberName(n.Name)
	if err != nil {
		return postgres.NewMember{}, err
	}
	email, err := emailAddress(n.Email)
	if err != nil {
		return postgres.NewMember{}, err
	}
	if err := checkPassword("password", n.Password); err != nil {
		return postgres.NewMember{}, err
	}
	return postgres.NewMember{Name: name, Skeleton: markup.Skeleton(name), Email: email, Role: forum.Reader}, nil
}

// findForShell finds an account by name, e-mail address or handle.
func (a *Actions) findForShell(ctx context.Context, typed string) (postgres.Account, error) {
	id := ident(typed)
	if storable(typed) {
		id.Handle = strings.TrimSpace(typed)
	}
	return a.db.FindMember(ctx, id)
}
