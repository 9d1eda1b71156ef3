package postgres

import (
	"context"
	"sync"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Joining the author to each comment was the largest single cost of a page, so
// names are kept in memory for a while: a changed role or name shows after at
// most nameTTL.
const (
	nameTTL   = 10 * time.Second
	nameLimit = 50_000 // about 10 MB
)

type nameCache struct {
	mu    sync.Mutex
	known map[forum.PersonID]cachedName
}

type cachedName struct {
	forum.Person
	read time.Time
}

// names gives the people with these numbers, from memory where it is fresh.
func (c *nameCache) names(ctx context.Context, pool *pgxpool.Pool, ids map[forum.PersonID]bool) (map[forum.PersonID]forum.Person, error) {
	found := make(map[forum.PersonID]forum.Person, len(ids))
	missing := c.fresh(ids, found, time.Now())
	if len(missing) == 0 {
		return found, nil
	}
	rows, err := pool.Query(ctx, `select id, kind, role, name, handle from person where id = any ($1)`, missing)
	if err != nil {
		return nil, translate(err)
	}
	var p forum.Person
	_, err = pgx.ForEachRow(rows, []any{&p.ID, &p.Kind, &p.Role, &p.Name, &p.Handle}, func() error { found[p.ID] = p; return nil })
	if err != nil {
		return nil, translate(err)
	}
	c.keep(found, missing, time.Now())
	return found, nil
}

func (c *nameCache) fresh(ids map[forum.PersonID]bool, found map[forum.PersonID]forum.Person, now time.Time) (missing []int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id := range ids {
		if p, ok := c.known[id]; ok && now.Sub(p.read) < nameTTL {
			found[id] = p.Person
		} else {
			missing = append(missing, int64(id))
		}
	}
	return missing
}

func (c *nameCache) keep(found map[forum.PersonID]forum.Person, ids []int64, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) > nameLimit {
		c.known = make(map[forum.PersonID]cachedName, len(ids))
	}
	for _, id := range ids {
		if p, ok := found[forum.PersonID(id)]; ok {
			c.known[p.ID] = cachedName{p, now}
		}
	}
}
