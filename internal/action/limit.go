package action

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"hustings/internal/postgres"
)

// sweepEvery is after how many limited acts of this process old sessions, drafts
// and buckets are swept. Each sweep is bounded, so nobody waits for it long.
const sweepEvery = 256

// accounts is what Actions keeps for sign-in and limits.
type accounts struct {
	hasher  *hasher
	mu      sync.Mutex
	siteKey []byte // read from the settings when first needed
	limited atomic.Int64
}

func newAccounts() *accounts { return &accounts{hasher: newHasher()} }

// TakeForAddress takes one from the allowance that an address prefix (IPv4 /24,
// IPv6 /64) has for a purpose; TooMany where none is left.
func (a *Actions) TakeForAddress(ctx context.Context, purpose string, from netip.Addr, l postgres.Limit) error {
	key, err := a.limitKey(ctx, purpose, addrPrefix(from))
	if err != nil {
		return err
	}
	return a.db.Take(ctx, key, l)
}

// addrPrefix is the part of an address that one household or office shares; an
// attacker changes the rest at will.
func addrPrefix(addr netip.Addr) string {
	bits := 64
	if addr = addr.Unmap().WithZone(""); addr.Is4() {
		bits = 24
	}
	p, err := addr.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}

// limitKey is the key of an allowance. Addresses and names go in under a secret
// of the site, so that the table tells nobody who came from where.
func (a *Actions) limitKey(ctx context.Context, purpose string, parts ...string) (string, error) {
	key, err := a.siteKey(ctx)
	if err != nil {
		return "", err
	}
	if a.accounts.limited.Add(1)%sweepEvery == 0 {
		if err := a.Sweep(ctx); err != nil {
			a.log.WarnContext(ctx, "sweeping failed; a later one tries again", "err", err)
		}
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(purpose + "\x00" + strings.Join(parts, "\x00")))
	return purpose + ":" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16]), nil
}

func (a *Actions) siteKey(ctx context.Context) ([]byte, error) {
	a.accounts.mu.Lock()
	defer a.accounts.mu.Unlock()
	if a.accounts.siteKey == nil {
		value, err := a.db.EnsureSetting(ctx, "site_key", newSecret())
		if err != nil {
			return nil, err
		}
		a.accounts.siteKey = []byte(value)
	}
	return a.accounts.siteKey, nil
}

// Sweep deletes what has run out: sessions, drafts and rate buckets, at most a
// thousand of each. It happens by itself now and then.
func (a *Actions) Sweep(ctx context.Context) error {
	return a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		if err := tx.SweepRates(ctx); err != nil {
			return err
		}
		if err := tx.SweepSessions(ctx); err != nil {
			return err
		}
		return tx.SweepDrafts(ctx)
	})
}
