package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

// bond is something that a name has in common with another name.
type bond struct {
	source, label string
	name          int32
	article       int64  // that the name is known to be here, 0: none
	id            string // that its files give it, "": none
}

// bonds lists them by what is common. What only former addresses have in common
// binds nobody.
const bonds = `
	with shared as (
		select l.label from import_link l group by 1 having count(distinct l.name) > 1 and bool_or(l.own)
	)
	select distinct n.source, l.label, l.name,
		coalesce((select substr(s.label, 6)::bigint from import_link s where s.name = l.name and s.sure and s.label like 'here %' limit 1), 0),
		coalesce((select s.label from import_link s where s.name = l.name and s.sure and s.label not like 'here %' order by 1 limit 1), '')
	from shared join import_link l on l.label = shared.label join import_name n on n.name = l.name order by 2, 3`

// unite makes the names of a source one that have an address, an id or an article
// here in common. Two that are known as different articles here, or that their file
// gives different ids, stay two.
func (s *ImportSession) unite(ctx context.Context) error {
	rows, err := s.conn.Query(ctx, bonds)
	if err != nil {
		return translate(err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (b bond, err error) {
		return b, row.Scan(&b.source, &b.label, &b.name, &b.article, &b.id)
	})
	if err != nil || len(list) == 0 {
		return translate(err)
	}
	names, roots := united(list)
	_, err = s.conn.Exec(ctx, `update import_name n set root = u.root from unnest($1::int[], $2::int[]) u (name, root) where n.name = u.name`, names, roots)
	return translate(err)
}

// united gives those names that are one with a lower one of their source, and the
// lowest of each. What they have in common may be told by another source: one that
// had the article at both addresses.
func united(list []bond) (names, roots []int32) {
	sets := map[int32]bond{} // what is known of a set, by its lowest name
	up := map[int32]int32{}
	root := func(name int32) int32 {
		for up[name] != name {
			up[name] = up[up[name]]
			name = up[name]
		}
		return name
	}
	for _, b := range list {
		if _, seen := up[b.name]; !seen {
			up[b.name], sets[b.name] = b.name, b
		}
	}
	var camps []int32 // of those that share a label: sets that are not one
	for i, b := range list {
		if i == 0 || list[i-1].label != b.label {
			camps = camps[:0]
		}
		at := slices.IndexFunc(camps, func(other int32) bool { x, y := root(other), root(b.name); return x == y || agree(sets[x], sets[y]) })
		if at < 0 {
			if len(camps) < maxCamps {
				camps = append(camps, b.name)
			}
			continue
		}
		if x, y := root(camps[at]), root(b.name); x != y {
			x, y = min(x, y), max(x, y)
			up[y], sets[x] = x, joined(sets[x], sets[y])
		}
	}
	type part struct { // of a set: what one source has of it
		source string
		root   int32
	}
	first := map[part]int32{}
	for _, b := range list {
		at := part{b.source, root(b.name)}
		if name, seen := first[at]; !seen || b.name < name {
			first[at] = b.name
		}
	}
	for _, b := range list {
		if r := first[part{b.source, root(b.name)}]; r != b.name {
			names, roots = append(names, b.name), append(roots, r)
		}
	}
	return names, roots
}

// maxCamps is how many articles that are known to differ are told apart at one
// address.
const maxCamps = 100

func agree(a, b bond) bool {
	return (a.article == b.article || a.article == 0 || b.article == 0) && (a.id == b.id || a.id == "" || b.id == "")
}

func joined(a, b bond) bond {
	if a.article == 0 {
		a.article = b.article
	}
	if a.id == "" {
		a.id = b.id
	}
	return a
}
