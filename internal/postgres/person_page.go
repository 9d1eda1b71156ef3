package postgres

import (
	"context"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// Profile is what anybody may know of a person. It holds no e-mail address.
type Profile struct {
	ID        forum.PersonID
	Kind      forum.PersonKind
	Role      forum.Role
	Name      string
	Handle    string
	Source    string // imported: where the name came from
	URL       string // imported: of a page of theirs, as untrusted as any link; "": none
	CreatedAt time.Time
}

// Profile finds a person by handle; NotFound where there is none. A name that
// came with an import is there for readers only while something of it is public:
// otherwise its page would tell who wrote what is hidden.
func (db *DB) Profile(ctx context.Context, v forum.Viewer, handle string) (p Profile, err error) {
	defer wrap(&err, "profile %q", handle)
	err = db.pool.QueryRow(ctx, `select id, kind, role, name, handle, coalesce(source, ''), coalesce(url, ''), created_at from person
		where handle = $1 and (kind = 'member' or $2
			or exists (select from comment c where c.author_id = person.id and c.kind = 'comment' and comment_public(c)))`, handle, v.Moderates()).
		Scan(&p.ID, &p.Kind, &p.Role, &p.Name, &p.Handle, &p.Source, &p.URL, &p.CreatedAt)
	return p, notFound(err, "There is nobody of this name here.")
}

// ClaimedHandle is the handle of the member to whom the comments of an imported
// person belong now; NotFound where nobody has claimed them.
func (db *DB) ClaimedHandle(ctx context.Context, handle string) (member string, err error) {
	defer wrap(&err, "who claimed %q", handle)
	err = db.pool.QueryRow(ctx, `select m.handle from person p join person m on m.id = p.claimed_by where p.handle = $1`, handle).Scan(&member)
	return member, notFound(err, "There is nobody of this name here.")
}

// PersonComment is one row of a person's page.
type PersonComment struct {
	ID           forum.CommentID
	ArticleSlug  string
	ArticleTitle string
	ParentID     forum.CommentID // 0: answers the article
	ParentName   string          // "": unknown, or not to be shown
	CreatedAt    *time.Time      // nil: unknown
	BodyHTML     string          // sanitised
}

// CommentsBy is a page of a person's comments that anybody may see, newest
// first: at most n with a number below before (0: from the newest). The viewer
// makes no difference: what is held or removed is found in the queue.
func (db *DB) CommentsBy(ctx context.Context, _ forum.Viewer, person forum.PersonID, before forum.CommentID, n int) (list []PersonComment, err error) {
	defer wrap(&err, "comments by %d", person)
	// An equality would let the planner walk the primary key backwards instead of
	// the person's own index.
	rows, err := db.pool.Query(ctx, `
		select c.id, a.slug as article_slug, a.title as article_title, coalesce(c.parent_id, 0) as parent_id,
			case when comment_public(parent) then coalesce(pp.name, '') else '' end as parent_name, c.created_at, c.body_html
		from comment c join article a on a.id = c.article_id
		left join comment parent on parent.id = c.parent_id left join person pp on pp.id = parent.author_id
		where c.author_id >= $1 and c.author_id <= $1 and ($2 = 0 or c.id < $2) and c.kind = 'comment' and comment_public(c)
		order by c.author_id, c.id desc limit $3`, person, before, n)
	if err != nil {
		return nil, translate(err)
	}
	list, err = pgx.CollectRows(rows, pgx.RowToStructByName[PersonComment])
	return list, translate(err)
}
