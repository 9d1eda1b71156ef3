package postgres

import (
	"context"
	"slices"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// EnsureImported finds or makes the people that a source knows by these names,
// in bulk. Names are kept verbatim, 1 to 200 characters, and are the same person
// only where they are equal to the letter and come from the same source; nobody
// can sign in as one. "" (unknown) and repeated names are left out.
func (t *Tx) EnsureImported(ctx context.Context, source string, names []string) (ids map[string]forum.PersonID, err error) {
	defer wrap(&err, "ensure %d imported people", len(names))
	names = slices.DeleteFunc(slices.Clone(names), func(s string) bool { return s == "" })
	slices.Sort(names) // one order for every import, so that two of them cannot deadlock
	missing := slices.Compact(names)
	ids = make(map[string]forum.PersonID, len(missing))
	for round := 0; ; round++ {
		if err := t.findImported(ctx, source, missing, ids); err != nil {
			return nil, err
		}
		missing = slices.DeleteFunc(missing, func(s string) bool { return ids[s] != 0 })
		if len(missing) == 0 {
			return ids, nil
		}
		if err := t.addImported(ctx, source, missing, round, ids); err != nil {
			return nil, err
		}
	}
}

func (t *Tx) findImported(ctx context.Context, source string, names []string, ids map[string]forum.PersonID) error {
	rows, err := t.Query(ctx, `select id, name from person where kind = 'imported' and source = $1 and name = any($2)`, source, names)
	return collectIDs(rows, err, ids)
}

// addImported adds those whose handle of this round is free; the others are left
// for the next round.
func (t *Tx) addImported(ctx context.Context, source string, names []string, round int, ids map[string]forum.PersonID) error {
	handles := make([]string, len(names))
	for i, name := range names {
		handles[i] = handleFor(name, round)
	}
	rows, err := t.Query(ctx, `insert into person (kind, name, handle, source)
		select 'imported', n.name, n.handle, $1 from unnest($2::text[], $3::text[]) with ordinality n (name, handle, i) order by n.i
		on conflict do nothing returning id, name`, source, names, handles)
	return collectIDs(rows, err, ids)
}

func collectIDs(rows pgx.Rows, err error, ids map[string]forum.PersonID) error {
	if err != nil {
		return translate(err)
	}
	var id forum.PersonID
	var name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		ids[name] = id
		return nil
	})
	return translate(err)
}
