// Package action is what people do: reply, edit, retract, report, remove, sign
// up, import … Every write of the program starts here: it authorises, works in
// one transaction, and leaves an audit row where it touches other people's
// content or rights. It knows nothing of HTTP.
package action

import (
	"log/slog"

	"hustings/internal/fetch"
	"hustings/internal/imagefile"
	"hustings/internal/postgres"

	"golang.org/x/sync/singleflight"
)

// Actions carries out what people do. It is safe for use by many goroutines.
type Actions struct {
	db           *postgres.DB
	log          *slog.Logger
	accounts     *accounts
	replying     singleflight.Group // by person and form
	hearWork     func(kind string)  // nil: nobody listens
	fetchAddress AddressFetcher     // nil: addresses can't be imported
	web          *fetch.Client      // nil: no other server is asked
	suggesting   suggestPace
	images       *imagefile.Folder // nil: images are kept in the database
}

// New makes Actions over a store.
func New(db *postgres.DB, log *slog.Logger) *Actions {
	return &Actions{db: db, log: log, accounts: newAccounts()}
}
