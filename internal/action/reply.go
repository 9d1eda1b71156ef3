package action

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/postgres"

	"github.com/google/uuid"
)

// Limits of writing. A person argues in sentences: ten replies a minute is more
// than anybody writes and less than any flood. An address may carry a household
// or a school.
var (
	replyLimit        = postgres.Limit{N: 10, Per: time.Minute}
	replyAddressLimit = postgres.Limit{N: 60, Per: time.Minute}
	editLimit         = postgres.Limit{N: 30, Per: time.Minute}
	// A preview needs no account, and a text made to be slow takes as long to
	// render as ten pages do to serve.
	previewLimit = postgres.Limit{N: 60, Per: time.Minute}
)

// replyWithin bounds a reply whose sender may have gone.
const replyWithin = 20 * time.Second

// ReplyInput is a reply as it was sent.
type ReplyInput struct {
	Slug    string
	Parent  forum.CommentID // 0: answers the article
	Body    string          // Markdown
	FormKey string          // of the form, or an Idempotency-Key; the same again answers with the first comment
	Address netip.Addr
}

// Reply writes a comment and gives its number. A form that has been sent before
// is answered with the comment it made then, before any limit or rule; copies of
// a form that arrive together are answered together.
func (a *Actions) Reply(ctx context.Context, v forum.Viewer, in ReplyInput) (forum.CommentID, error) {
	id, _, err := a.ReplyOnce(ctx, v, in)
	return id, err
}

// ReplyOnce is Reply for callers that say whether the comment was there before:
// of copies that arrive together exactly one hears that it was not.
func (a *Actions) ReplyOnce(ctx context.Context, v forum.Viewer, in ReplyInput) (id forum.CommentID, again bool, err error) {
	if !v.SignedIn() {
		return 0, false, forum.NewError(forum.Unauthenticated, "Please sign in to reply. Your text is kept.")
	}
	again = true
	shared, err, _ := a.replying.Do(personKey(v.ID)+" "+in.FormKey, func() (made any, err error) {
		// Others may be waiting for the same: one who goes away stops nobody.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), replyWithin)
		defer cancel()
		made, again, err = a.reply(ctx, v, in)
		return made, err
	})
	return shared.(forum.CommentID), again, err //nolint:errcheck // reply gives nothing else
}

func (a *Actions) reply(ctx context.Context, v forum.Viewer, in ReplyInput) (id forum.CommentID, again bool, err error) {
	if id, done, err := a.db.FormComment(ctx, v.ID, in.FormKey); done || err != nil {
		return id, done, err
	}
	if err := unfit(in.Body); err != nil {
		return 0, false, err
	}
	// Before rendering: a text made to be slow costs an allowance too.
	if err := a.takeReply(ctx, v, in.Address); err != nil {
		id, err = a.answerInFlight(ctx, v, in.FormKey, err)
		return id, true, err
	}
	body, err := markup.Reply(in.Body)
	if err != nil {
		return 0, false, BodyError(err, in.Body)
	}
	return a.addReply(ctx, v, in, body)
}

func (a *Actions) addReply(ctx context.Context, v forum.Viewer, in ReplyInput, body markup.Rendered) (id forum.CommentID, again bool, err error) {
	portable, err := uuid.NewV7()
	if err != nil {
		return 0, false, err
	}
	err = a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		site, err := tx.ReplySite(ctx, in.Slug, in.Parent)
		if site.ArticleID != 0 && !visible(v, site.Article) {
			return forum.NewError(forum.NotFound, "There is no such article.") // whatever is said of the parent
		}
		if err != nil {
			return err
		}
		if err := forum.CanReply(v, site.Place); err != nil {
			return err
		}
		id, again, err = tx.AddReply(ctx, postgres.NewReply{
			Article: site.ArticleID, Parent: in.Parent, Author: v.ID, FormKey: in.FormKey, PortableID: portable.String(),
			State: forum.Published, Source: asTyped(in.Body), HTML: body.HTML, Text: body.Text, Policy: body.Version})
		return err
	})
	return id, again, err
}

// answerInFlight answers a reply over its limit with the comment that the same
// form is making at this very moment, if so, and else with the refusal.
func (a *Actions) answerInFlight(ctx context.Context, v forum.Viewer, key string, refusal error) (forum.CommentID, error) {
	if forum.KindOf(refusal) != forum.TooMany {
		return 0, refusal
	}
	id, made, err := a.db.AwaitForm(ctx, v.ID, key)
	if err == nil && !made {
		err = refusal
	}
	return id, err
}

func (a *Actions) takeReply(ctx context.Context, v forum.Viewer, from netip.Addr) error {
	key, err := a.limitKey(ctx, "reply", personKey(v.ID))
	if err != nil {
		return err
	}
	if err := a.db.Take(ctx, key, replyLimit); err != nil {
		return err
	}
	return a.TakeForAddress(ctx, "reply", from, replyAddressLimit)
}

// Preview renders a text as a reply would be shown. TooMany where the address
// prefix has had its share; other errors say why the text cannot be a reply.
func (a *Actions) Preview(ctx context.Context, body string, from netip.Addr) (markup.Rendered, error) {
	if err := unfit(body); err != nil {
		return markup.Rendered{}, err
	}
	if err := a.TakeForAddress(ctx, "preview", from, previewLimit); err != nil {
		return markup.Rendered{}, err
	}
	rendered, err := markup.Reply(body)
	if err != nil {
		return markup.Rendered{}, BodyError(err, body)
	}
	return rendered, nil
}

// unfit refuses what can be refused without rendering it; that takes nothing from
// an allowance.
func unfit(body string) error {
	switch {
	case len(body) > markup.MaxReplyBytes:
		return BodyError(&markup.TooLong{Max: markup.MaxReplyBytes, Got: len(body)}, body)
	case strings.TrimSpace(body) == "":
		return BodyError(markup.ErrEmpty, body)
	}
	return nil
}

// BodyError says for people why a text cannot be a reply. The limit is one of
// bytes; people are told characters, of which their script may need several.
func BodyError(err error, body string) error {
	if _, ok := errors.AsType[*markup.TooLong](err); ok {
		return forum.FieldError("body", "This is %d characters too long: a reply has at most %d. Nothing is lost; shorten it here and post again.",
			CharactersOver(body), utf8.RuneCountInString(body)-CharactersOver(body))
	}
	if errors.Is(err, markup.ErrEmpty) {
		return forum.FieldError("body", "There is nothing to post yet: the reply is empty.")
	}
	return err
}

// CharactersOver is how many characters at the end of a text do not fit into a
// reply.
func CharactersOver(body string) int {
	at := min(len(body), markup.MaxReplyBytes)
	for at < len(body) && !utf8.RuneStart(body[at]) {
		at--
	}
	return utf8.RuneCountInString(body[at:])
}

// asTyped is a text as typed, less what a database cannot hold.
func asTyped(source string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(source, "\uFFFD"), "\x00", "")
}

// personKey names a person among the parts of an allowance's key.
func personKey(id forum.PersonID) string { return strconv.FormatInt(int64(id), 10) }
