// Package paths has one function for each address of the site, used by
// handlers, templates, feeds and mail, so that no address is written twice. It
// knows addresses only, never what is behind them.
package paths

import (
	"encoding/hex"
	"net/url"
	"strconv"

	"hustings/internal/forum"
)

// Fixed addresses.
const (
	Front    = "/"
	SignIn   = "/signin"
	SignUp   = "/signup"
	SignOut  = "/signout"
	Settings = "/settings"
	Theme    = "/settings/theme"
	Language = "/settings/language"
	Queue    = "/mod"
	Log      = "/moderation"
	LogFeed  = "/moderation.atom"
	Admin    = "/admin"
	Import   = "/admin/import"
	Images   = "/admin/images"

	// Subscriptions are the feeds that are followed.
	Subscriptions = "/admin/feeds"

	Claims      = "/admin/claims"
	Keys        = "/keys"
	SiteFeed    = "/feed.atom"
	CommentFeed = "/comments.atom"
)

// Image is an image that is kept here, by the SHA-256 of its content.
func Image(sha256 []byte) string { return "/images/" + hex.EncodeToString(sha256) }

// Article is an article with its thread.
func Article(slug string) string { return "/articles/" + url.PathEscape(slug) }

// Thread is the beginning of an article's thread.
func Thread(slug string) string { return Article(slug) + "#thread" }

// ArticleComment is a comment on its article's page.
func ArticleComment(slug string, id forum.CommentID) string {
	return Article(slug) + "#" + Anchor(id)
}

// ReplyForm is the page with the form to answer a comment of an article, or the
// article itself (id 0).
func ReplyForm(slug string, id forum.CommentID) string {
	if id == 0 {
		return Article(slug) + "?reply="
	}
	return Article(slug) + "?reply=" + number(id)
}

// Reply is where replies to an article are posted.
func Reply(slug string) string { return Article(slug) + "/reply" }

// ArticleFeed is the feed of an article's comments.
func ArticleFeed(slug string) string { return Article(slug) + "/comments.atom" }

// LockArticle is a moderator's act on a whole discussion.
func LockArticle(slug string) string { return Article(slug) + "/lock" }

// UnlockArticle takes it back.
func UnlockArticle(slug string) string { return Article(slug) + "/unlock" }

// Anchor is the element id of a comment.
func Anchor(id forum.CommentID) string { return "c" + number(id) }

// Comment is the permalink of a comment.
func Comment(id forum.CommentID) string { return "/comments/" + number(id) }

// AppendComment appends the permalink of a comment, for pages that write many.
func AppendComment(b []byte, id forum.CommentID) []byte {
	return strconv.AppendInt(append(b, "/comments/"...), int64(id), 10)
}

// CommentAct is an address below a comment: edit, retract, report, history,
// replies.atom, remove, restore, hold, release, remove-branch, restore-branch,
// lock, unlock.
func CommentAct(id forum.CommentID, act string) string { return Comment(id) + "/" + act }

// Person is a person's page.
func Person(handle string) string { return "/people/" + url.PathEscape(handle) }

// PersonClaim is where an imported person's comments are asked for.
func PersonClaim(handle string) string { return Person(handle) + "/claim" }

// PersonClaimLink is where a link is made that gives them away.
func PersonClaimLink(handle string) string { return Person(handle) + "/claim-link" }

// PersonErase is where an admin erases a person.
func PersonErase(handle string) string { return Person(handle) + "/erase" }

// ClaimLink is that link.
func ClaimLink(secret string) string { return "/claims/" + url.PathEscape(secret) }

// Claim is where an admin decides on a member's request for comments.
func Claim(id int64) string { return Claims + "/" + strconv.FormatInt(id, 10) }

// PersonFeed is the feed of a person's comments.
func PersonFeed(handle string) string { return Person(handle) + ".atom" }

// Case is the queue with one case open.
func Case(id forum.CommentID) string { return Queue + "?case=" + number(id) }

// LogEntry is one entry of the public log.
func LogEntry(seq int64) string { return Log + "/" + strconv.FormatInt(seq, 10) }

// SignInTo is the sign-in page that leads on to an address of this site.
func SignInTo(next string) string { return SignIn + "?next=" + url.QueryEscape(next) }

func number(id forum.CommentID) string { return strconv.FormatInt(int64(id), 10) }
