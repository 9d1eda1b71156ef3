package postgres

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"strings"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// NameOnly is the key of an author of whom the source tells nothing but a name.
const NameOnly = "name:"

// AuthorName names an author within a source: two people of one name have
// different keys, one person under two names has one key.
type AuthorName struct {
	Key  string // "id:…", "mail:…" or NameOnly
	Name string // as displayed, 1 to 200 characters, verbatim
}

// ImportedAuthor is what is kept of an author when he first comes.
type ImportedAuthor struct {
	AuthorName
	MailHash []byte // keyed hash of the e-mail address, nil: none
	URL      string // of a page of his, already judged; "": none
}

// Author is whom an imported comment belongs to.
type Author struct {
	ID forum.PersonID
	// As is the imported person, where ID is the member who has claimed him; else 0.
	As forum.PersonID
}

// Imported is the imported person, claimed or not.
func (a Author) Imported() forum.PersonID {
	if a.As != 0 {
		return a.As
	}
	return a.ID
}

// EnsureImported finds or makes the people that a source knows by these names and
// by nothing else, in bulk; see EnsureAuthors. "" (unknown) and repeated names are
// left out.
func (t *Tx) EnsureImported(ctx context.Context, source string, names []string) (map[string]forum.PersonID, error) {
	list := make([]AuthorName, 0, len(names))
	for _, name := range names {
		if name != "" {
			list = append(list, AuthorName{NameOnly, name})
		}
	}
	found, err := t.EnsureAuthors(ctx, source, list, nil)
	ids := make(map[string]forum.PersonID, len(found))
	for name, author := range found {
		ids[name.Name] = author.Imported()
	}
	return ids, err
}

// EnsureAuthors finds or makes the people that a source knows so, in bulk. Names
// are the same person only where key and name are equal to the letter and come
// from the same source; nobody can sign in as one. describe tells what is to be
// kept of those that are new; nil: nothing. Those who were erased are not found
// and not made.
func (t *Tx) EnsureAuthors(ctx context.Context, source string, names []AuthorName,
	describe func(context.Context, []AuthorName) ([]ImportedAuthor, error)) (found map[AuthorName]Author, err error) {
	defer wrap(&err, "ensure %d imported people", len(names))
	missing := slices.Clone(names)
	// One order for every import, so that two of them cannot deadlock.
	slices.SortFunc(missing, compareAuthors)
	missing = slices.Compact(missing)
	found = make(map[AuthorName]Author, len(missing))
	known := map[AuthorName]ImportedAuthor{}
	if missing, err = t.dropErased(ctx, source, missing, known); err != nil {
		return nil, err
	}
	for round := 0; ; round++ {
		if err := t.findImported(ctx, source, missing, found); err != nil {
			return nil, err
		}
		missing = slices.DeleteFunc(missing, func(a AuthorName) bool { return found[a].ID != 0 })
		if len(missing) == 0 {
			return found, nil
		}
		if round == 0 && describe != nil {
			list, err := describe(ctx, missing)
			if err != nil {
				return nil, err
			}
			for _, a := range list {
				known[a.AuthorName] = a
			}
			if missing, err = t.dropErased(ctx, source, missing, known); err != nil {
				return nil, err
			}
		}
		if err := t.addImported(ctx, source, missing, known, round); err != nil {
			return nil, err
		}
	}
}

func compareAuthors(a, b AuthorName) int {
	if n := strings.Compare(a.Name, b.Name); n != 0 {
		return n
	}
	return strings.Compare(a.Key, b.Key)
}

// findImported keeps those it finds from being claimed until the transaction ends.
func (t *Tx) findImported(ctx context.Context, source string, list []AuthorName, found map[AuthorName]Author) error {
	keys, names := make([]string, len(list)), make([]string, len(list))
	for i, a := range list {
		keys[i], names[i] = a.Key, a.Name
	}
	rows, err := t.Query(ctx, `select p.author_key, p.name, coalesce(p.claimed_by, p.id), case when p.claimed_by is null then 0 else p.id end
		from unnest($2::text[], $3::text[]) wanted (key, name)
		join person p on p.kind = 'imported' and p.source = $1 and p.author_key = wanted.key and p.name = wanted.name
		for share of p`, source, keys, names)
	if err != nil {
		return translate(err)
	}
	var name AuthorName
	var author Author
	_, err = pgx.ForEachRow(rows, []any{&name.Key, &name.Name, &author.ID, &author.As}, func() error {
		found[name] = author
		return nil
	})
	return translate(err)
}

// addImported adds those whose handle of this round is free; the others are left
// for the next round. Another name of somebody who has been claimed is the same
// member's.
func (t *Tx) addImported(ctx context.Context, source string, list []AuthorName, known map[AuthorName]ImportedAuthor, round int) error {
	n := len(list)
	names, keys, handles, urls, mails := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([][]byte, n)
	for i, a := range list {
		names[i], keys[i], urls[i], mails[i] = a.Name, a.Key, known[a].URL, known[a].MailHash
		seed := a.Name
		if a.Key != NameOnly {
			seed += "\n" + a.Key // people of one name part at once
		}
		handles[i] = handleOf(a.Name, seed, round)
	}
	_, err := t.Exec(ctx, `insert into person (kind, name, handle, source, author_key, email_hash, url, claimed_by)
		select 'imported', n.name, n.handle, $1, n.key, n.mail, nullif(n.url, ''),
			case when n.key <> '`+NameOnly+`' then (select o.claimed_by from person o
				where o.kind = 'imported' and o.source = $1 and o.author_key = n.key and o.claimed_by is not null limit 1) end
		from unnest($2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[]) with ordinality n (name, handle, key, mail, url, i) order by n.i
		on conflict do nothing`, source, names, handles, keys, mails, urls)
	return translate(err)
}

// MailHash is the keyed hash by which an e-mail address is recognised; nil for
// none. Small and capital letters are the same.
func MailHash(key []byte, address string) []byte {
	if address = strings.ToLower(strings.TrimSpace(address)); address == "" {
		return nil
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte("mail\n" + address))
	return h.Sum(nil)
}

// AdoptImported gives people and comments that were imported before there were
// keys and anchors what the staged files say of them. A name that stands for
// several people in the files stays as it is: nobody knows whose comments it had.
func (t *Tx) AdoptImported(ctx context.Context) (err error) {
	defer wrap(&err, "adopt earlier imports")
	_, err = t.Exec(ctx, `
		with old as materialized (
			select p.id, p.source, p.name from person p join source s on s.name = p.source and s.early
			where p.kind = 'imported' and p.author_key is null and p.source in (select source from import_item)
		), said as (
			select old.id, min(c.author_key) as key, min(encode(c.author_mail, 'hex')) as mail, min(c.author_url) as url
			from old join import_comment c on c.author = old.name join import_item i on i.item = c.item and i.source = old.source
			group by old.id having min(c.author_key) = max(c.author_key)
		)
		update person p set author_key = said.key, email_hash = decode(said.mail, 'hex'), url = said.url from said
		where p.id = said.id and not exists (select from person o
			where o.kind = 'imported' and o.source = p.source and o.author_key = said.key and o.name = p.name)`)
	if err != nil {
		return translate(err)
	}
	_, err = t.Exec(ctx, `update comment c set anchor = i.anchor
		from import_item t join source s on s.name = t.source and s.early join import_comment i on i.item = t.item
		join external_ref r on r.source_id = s.id and r.kind = 'comment' and r.external_id = i.key
		where c.id = r.local_id and c.anchor is null and i.anchor is not null`)
	return translate(err)
}
