package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
)

// bond is something that a name has in common with another name of its source.
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
		select n.source, l.label from import_link l join import_name n on n.name = l.name group by 1, 2 having count(distinct l.name) > 1 and bool_or(l.own)
	)
	select distinct n.source, l.label, l.name,
		coalesce((select substr(s.label, 6)::bigint from import_link s where s.name = l.name and s.sure and s.label like 'here %' limit 1), 0),
		coalesce((select s.label from import_link s where s.name = l.name and s.sure and s.label not like 'here %' order by 1 limit 1), '')
	from shared join import_link l on l.label = shared.label join import_name n on n.name = l.name and n.source = shared.source order by 1, 2, 3`

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

// united gives those names that are one with a lower one, and the lowest of each.
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
		if i == 0 || list[i-1].label != b.label || list[i-1].source != b.source {
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
	for name := range up {
		if r := root(name); r != name {
			names, roots = append(names, name), append(roots, r)
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
