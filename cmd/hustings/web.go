package main

import (
	"time"

	"hustings/internal/fetch"
)

// webPause lies between two requests to one server: as polite as a person who reads
// on quickly.
const webPause = 500 * time.Millisecond

// web is the one client that asks other servers.
func (a *app) web() *fetch.Client {
	if a.client == nil {
		a.client = fetch.New(fetch.Options{BaseURL: a.cfg.BaseURL.String(), Allow: a.cfg.FetchAllow, Pause: webPause})
	}
	return a.client
}
