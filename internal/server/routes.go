package server

import (
	"net/http"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/paths"

	"github.com/go-chi/chi/v5"
)

// who may come in at a route. What they may do with a certain article or
// comment is the action's and the store's to say.
type who int

const (
	anyone who = iota
	members
	moderators
	admins
)

// Largest request bodies.
const (
	formLimit   = 64 << 10                       // a reply of 16 KiB, escaped, with room
	replyLimit  = 1 << 20                        // a reply that is far too long is shown again: nothing typed is lost
	uploadLimit = action.MaxImportBytes + 16<<20 // an import of that size, with room for the form around it
)

// route is one line of the table.
type route struct {
	method  string
	pattern string
	who     who
	limit   int64 // of the request body
	serve   handler
}

// table lists every route of the site: what answers, and who may come in.
// Handlers marked shared are kept for anonymous readers (see cache.go).
func (s *Server) table() []route {
	return []route{
		{"GET", "/", anyone, 0, s.orOldAddress(s.shared(s.showFront))},
		{"GET", "/articles/{slug}", anyone, 0, s.showArticle},
		{"POST", "/articles/{slug}/reply", anyone, replyLimit, s.postReply},
		{"GET", "/comments/{id}", anyone, 0, s.shared(s.showComment)},
		{"GET", "/comments/{id}/edit", members, 0, s.showEdit},
		{"POST", "/comments/{id}/edit", anyone, replyLimit, s.postEdit},
		{"GET", "/comments/{id}/retract", members, 0, s.showRetract},
		{"POST", "/comments/{id}/retract", members, formLimit, s.postRetract},
		{"GET", "/comments/{id}/history", anyone, 0, s.sharedAlone(s.showHistory)},
		{"GET", "/people/{name}", anyone, 0, s.showPersonOrFeed()}, // and /people/{name}.atom
		{"POST", "/people/{name}/claim", anyone, formLimit, s.postClaim},
		{"POST", "/people/{name}/claim-link", admins, formLimit, s.postClaimLink},
		{"GET", "/people/{name}/erase", admins, 0, s.showErase},
		{"POST", "/people/{name}/erase", admins, formLimit, s.postErase},
		{"GET", "/claims/{secret}", members, 0, s.showClaimLink},
		{"POST", "/claims/{secret}", members, formLimit, s.postClaimLinkUse},
		{"GET", "/signin", anyone, 0, s.showSignIn},
		{"POST", "/signin", anyone, formLimit, s.postSignIn},
		{"GET", "/signup", anyone, 0, s.showSignUp},
		{"POST", "/signup", anyone, formLimit, s.postSignUp},
		{"POST", "/signout", anyone, formLimit, s.postSignOut},
		{"GET", "/settings", members, 0, s.showSettings},
		{"POST", "/settings/email", members, formLimit, s.postEmail},
		{"POST", "/settings/password", members, formLimit, s.postPassword},
		{"POST", "/settings/sessions", members, formLimit, s.postSessions},
		{"POST", "/settings/tokens", members, formLimit, s.postTokens},
		{"GET", "/comments/{id}/report", anyone, 0, s.showReport},
		{"POST", "/comments/{id}/report", anyone, formLimit, s.postReport},
		{"GET", "/comments/{id}/remove", moderators, 0, s.showRemove},
		{"POST", "/comments/{id}/remove", moderators, formLimit, s.moderate(forum.ActRemove)},
		{"POST", "/comments/{id}/restore", moderators, formLimit, s.moderate(forum.ActRestore)},
		{"POST", "/comments/{id}/hold", moderators, formLimit, s.moderate(forum.ActHold)},
		{"POST", "/comments/{id}/release", moderators, formLimit, s.moderate(forum.ActRelease)},
		{"POST", "/comments/{id}/keep", moderators, formLimit, s.moderate(forum.ActKeep)},
		{"POST", "/comments/{id}/remove-branch", moderators, formLimit, s.moderate(forum.ActRemoveBranch)},
		{"POST", "/comments/{id}/restore-branch", moderators, formLimit, s.moderate(forum.ActRestoreBranch)},
		{"GET", "/comments/{id}/move", moderators, 0, s.showMove},
		{"POST", "/comments/{id}/move", moderators, formLimit, s.postMove},
		{"POST", "/comments/{id}/move-back", moderators, formLimit, s.moderate(forum.ActMoveBack)},
		{"POST", "/comments/{id}/lock", moderators, formLimit, s.moderate(forum.ActLock)},
		{"POST", "/comments/{id}/unlock", moderators, formLimit, s.moderate(forum.ActUnlock)},
		{"GET", "/articles/{slug}/at/{anchor}", anyone, 0, s.showAnchor},
		{"POST", "/articles/{slug}/lock", moderators, formLimit, s.lockArticle(true)},
		{"POST", "/articles/{slug}/unlock", moderators, formLimit, s.lockArticle(false)},
		{"GET", "/mod", moderators, 0, s.showQueue},
		{"GET", "/mod/suggestions", moderators, 0, s.showSuggestions},
		{"POST", "/mod/suggestions", moderators, formLimit, s.postAcceptSuggestions},
		{"POST", "/mod/suggestions/{id}/accept", moderators, formLimit, s.decideSuggestion(s.act.AcceptSuggestion)},
		{"POST", "/mod/suggestions/{id}/dismiss", moderators, formLimit, s.decideSuggestion(s.act.DismissSuggestion)},
		{"POST", "/mod/suggestions/{id}/reopen", moderators, formLimit, s.decideSuggestion(s.act.ReopenSuggestion)},
		{"GET", "/moderation", anyone, 0, s.shared(s.showLog)},
		{"GET", "/moderation.atom", anyone, 0, s.feed(s.showLogFeed)},
		{"GET", "/moderation/{seq}", anyone, 0, s.shared(s.showLogEntry)},
		{"GET", "/admin", admins, 0, s.showAdmin},
		{"GET", "/admin/import", admins, 0, s.showImport},
		{"POST", "/admin/import", admins, uploadLimit, s.postImport},
		{"GET", "/admin/import/{id}", admins, 0, s.showImportAt(paths.ImportJob)},
		{"GET", "/admin/import/{id}/progress", admins, 0, s.showImportAt(paths.ImportProgress)},
		{"GET", "/admin/import/{id}/events", admins, 0, s.showImportEvents},
		{"GET", "/admin/import/{id}/result", admins, 0, s.showImportAt(paths.ImportResult)},
		{"GET", "/admin/import/{id}/undo", admins, 0, s.showImportUndo},
		{"GET", "/admin/import/{id}/problems.csv", admins, 0, s.saveFindings("problems.csv", "text/csv; charset=utf-8", action.WriteFindingsCSV)},
		{"GET", "/admin/import/{id}/problems.json", admins, 0, s.saveFindings("problems.json", "application/json", action.WriteFindingsJSON)},
		{"POST", "/admin/import/{id}/look", admins, formLimit, s.actOnImport((*action.Actions).LookImport)},
		{"POST", "/admin/import/{id}/apply", admins, formLimit, s.actOnImport((*action.Actions).ApplyImport)},
		{"POST", "/admin/import/{id}/cancel", admins, formLimit, s.actOnImport((*action.Actions).CancelImport)},
		{"POST", "/admin/import/{id}/resume", admins, formLimit, s.actOnImport((*action.Actions).ResumeImport)},
		{"POST", "/admin/import/{id}/undo", admins, formLimit, s.actOnImport((*action.Actions).UndoImport)},
		{"POST", "/admin/import/{id}/discard", admins, formLimit, s.discardImport},
		{"GET", "/admin/export", admins, 0, s.saveExport},
		{"GET", "/admin/claims", admins, 0, s.showClaims},
		{"POST", "/admin/claims/{claim}", admins, formLimit, s.postClaimDecision},
		{"GET", "/admin/feeds", admins, 0, s.showSubscriptions},
		{"POST", "/admin/feeds", admins, formLimit, s.postSubscribe},
		{"POST", "/admin/feeds/{id}", admins, formLimit, s.postSubscription},
		{"POST", "/articles/{slug}/publish", admins, formLimit, s.postPublish},
		{"GET", "/admin/images", admins, 0, s.showImages},
		{"POST", "/admin/images", admins, formLimit, s.postImages},
		{"GET", "/images/{hash}", anyone, 0, s.showImage},
		{"GET", "/keys", anyone, 0, s.sharedAlone(s.showKeys)},
		{"POST", "/settings/theme", anyone, formLimit, s.postTheme},
		{"POST", "/settings/language", anyone, formLimit, s.postLanguage},
		{"GET", "/feed.atom", anyone, 0, s.feed(s.showSiteFeed)},
		{"GET", "/comments.atom", anyone, 0, s.feed(s.showCommentFeed)},
		{"GET", "/articles/{slug}/comments.atom", anyone, 0, s.feed(s.showArticleFeed)},
		{"GET", "/comments/{id}/replies.atom", anyone, 0, s.feed(s.showBranchFeed)},
		{"GET", "/api/openapi.yaml", anyone, 0, s.apiRead(s.showAPIDescription)},
		{"GET", "/api/v1/articles", anyone, 0, s.apiRead(s.showAPIArticles)},
		{"GET", "/api/v1/articles/{slug}", anyone, 0, s.apiRead(s.showAPIArticle)},
		{"GET", "/api/v1/articles/{slug}/comments", anyone, 0, s.apiRead(s.showAPIComments)},
		{"POST", "/api/v1/articles/{slug}/comments", members, formLimit, s.apiWrite(s.postAPIComment)},
		{"GET", "/api/v1/comments/{id}", anyone, 0, s.apiRead(s.showAPIComment)},
		{"POST", "/api/v1/comments/{id}/remove", moderators, formLimit, s.apiWrite(s.postAPIRemove)},
		{"POST", "/api/v1/comments/{id}/restore", moderators, formLimit, s.apiWrite(s.postAPIRestore)},
		{"GET", "/livez", anyone, 0, s.showLive},
		{"GET", "/readyz", anyone, 0, s.showReady},
		{"GET", "/healthz", anyone, 0, s.showReady},
		{"GET", "/robots.txt", anyone, 0, s.showRobots},
		{"GET", "/sitemap.xml", anyone, 0, s.sharedAlone(s.showSitemap)},
		{"GET", "/.well-known/change-password", anyone, 0, s.showChangePassword},
		{"GET", "/favicon.ico", anyone, 0, s.showFavicon},
	}
}

// router builds the handler: the middleware, outermost first, around the table.
func (s *Server) router() http.Handler {
	r := chi.NewRouter()
	r.Use(s.requestID, s.clientAddress, s.logRequests, s.recoverPanics, s.securityHeaders)
	r.Method("GET", "/static/*", s.assets)
	r.Method("HEAD", "/static/*", s.assets)
	r.Group(func(r chi.Router) {
		r.Use(s.refuseCrossOrigin, s.identify)
		for _, line := range s.table() {
			h := s.handle(s.admit(line))
			r.Method(line.method, line.pattern, h)
			if line.method == "GET" {
				r.Method("HEAD", line.pattern, h)
			}
		}
		r.NotFound(s.handle(s.showElsewhere))
		r.MethodNotAllowed(s.handle(s.refuseMethod))
	})
	return r
}
