package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"strings"
	"time"

	"hustings/internal/action"
	"hustings/internal/forum"
	"hustings/internal/postgres"

	"github.com/gorilla/securecookie"
	gorilla "github.com/gorilla/sessions"
)

// Names of the session's cookie. The prefix makes browsers refuse one that came
// without https or from a sub-domain; without https they would refuse it always.
const (
	securedCookie = "__Host-hustings"
	plainCookie   = "hustings"
)

// viewerValue is where a session keeps its viewer.
const viewerValue = "viewer"

// minKeyBytes is the shortest key that signs cookies.
const minKeyBytes = 32

// sessions is the store of sessions: a random token in a signed cookie, the row
// in the database. So signing out, a changed password or a changed role counts
// from the next request on, wherever the cookie was copied to. The signature
// only saves asking the database about made-up tokens.
type sessions struct {
	db      *postgres.DB
	act     *action.Actions
	name    string
	options gorilla.Options
	codecs  []securecookie.Codec
}

var _ gorilla.Store = (*sessions)(nil)

func newSessions(s *Server) *sessions {
	https := s.BaseURL.Scheme == "https"
	st := &sessions{db: s.db, act: s.act, name: plainCookie, codecs: cookieCodecs(s.SessionKey)}
	if https {
		st.name = securedCookie
	}
	// Everything is said: the library's own defaults changed between versions.
	st.options = gorilla.Options{Path: "/", MaxAge: int(postgres.ReaderMost / time.Second), HttpOnly: true, Secure: https, SameSite: http.SameSiteLaxMode}
	return st
}

// cookieCodecs makes one signer for each key. A key of the form "new,old" (each
// at least 32 bytes) signs with the new one and still accepts the old.
func cookieCodecs(key []byte) []securecookie.Codec {
	keys := []string{string(key)}
	if fresh, old, ok := strings.Cut(string(key), ","); ok && len(fresh) >= minKeyBytes && len(old) >= minKeyBytes {
		keys = []string{fresh, old}
	}
	var codecs []securecookie.Codec
	for _, k := range keys {
		mac := hmac.New(sha256.New, []byte(k))
		mac.Write([]byte("session cookie"))
		codec := securecookie.New(mac.Sum(nil), nil)
		codec.MaxAge(int(postgres.ReaderMost / time.Second))
		codec.SetSerializer(securecookie.JSONEncoder{})
		codecs = append(codecs, codec)
	}
	return codecs
}

// Get is the session of a request, read once.
func (st *sessions) Get(r *http.Request, name string) (*gorilla.Session, error) {
	return gorilla.GetRegistry(r).Get(st, name)
}

// New reads the session of a request. A cookie that is forged, cut, too old or
// no longer good gives a new session and no error; only a store that does not
// answer is one.
func (st *sessions) New(r *http.Request, name string) (*gorilla.Session, error) {
	session := gorilla.NewSession(st, name)
	options := st.options
	session.Options, session.IsNew = &options, true
	for _, cookie := range r.CookiesNamed(name) {
		var token string
		if securecookie.DecodeMulti(name, cookie.Value, &token, st.codecs...) != nil {
			continue
		}
		v, stale, err := st.db.SessionViewer(r.Context(), token)
		if forum.KindOf(err) == forum.NotFound {
			continue
		}
		if err == nil && stale {
			err = st.act.SeeSession(r.Context(), token)
		}
		if err != nil {
			return session, err
		}
		session.ID, session.IsNew = token, false
		session.Values[viewerValue] = v
		return session, nil
	}
	return session, nil
}

// Save writes the cookie of a session that an action has begun; with a negative
// MaxAge it ends the session and takes the cookie away.
func (st *sessions) Save(r *http.Request, w http.ResponseWriter, session *gorilla.Session) error {
	value := ""
	if session.Options.MaxAge < 0 {
		if err := st.act.SignOut(r.Context(), session.ID); err != nil {
			return err
		}
	} else {
		var err error
		if value, err = securecookie.EncodeMulti(session.Name(), session.ID, st.codecs...); err != nil {
			return err
		}
	}
	http.SetCookie(w, gorilla.NewCookie(session.Name(), value, session.Options))
	return nil
}

// of is the session of a request.
func (st *sessions) of(r *http.Request) (*gorilla.Session, error) { return st.Get(r, st.name) }

// identify finds out who makes a request: by the session, and in the API by the
// token alone, so that no other site can use a reader's cookie there.
func (s *Server) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		identified := s.bySession
		if strings.HasPrefix(r.URL.Path, "/api/") {
			identified = s.byToken
		}
		v, err := identified(r)
		if err != nil {
			s.handle(func(http.ResponseWriter, *http.Request) error { return err })(w, r)
			return
		}
		if v.SignedIn() {
			noteOf(r).viewer = v.ID
			r = withViewer(r, v)
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) bySession(r *http.Request) (forum.Viewer, error) {
	session, err := s.sessions.of(r)
	if err != nil {
		return forum.Anonymous, err
	}
	if v, ok := session.Values[viewerValue].(forum.Viewer); ok {
		return v, nil
	}
	return forum.Anonymous, nil
}

func (s *Server) byToken(r *http.Request) (forum.Viewer, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return forum.Anonymous, nil
	}
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return forum.Anonymous, forum.NewError(forum.Unauthenticated, "Please send the API token as “Authorization: Bearer TOKEN”.")
	}
	return s.act.ViewerByToken(r.Context(), strings.TrimSpace(token))
}

// browserOf is what an action gets to know of the browser that asks.
func (s *Server) browserOf(r *http.Request) (action.Browser, error) {
	session, err := s.sessions.of(r)
	if err != nil {
		return action.Browser{}, err
	}
	return action.Browser{Addr: addressOf(r), UserAgent: r.UserAgent(), Session: session.ID}, nil
}

// startSession gives the browser the cookie of a session that has just begun.
func (s *Server) startSession(w http.ResponseWriter, r *http.Request, token string) error {
	session, err := s.sessions.of(r)
	if err != nil {
		return err
	}
	session.ID = token
	return session.Save(r, w)
}
