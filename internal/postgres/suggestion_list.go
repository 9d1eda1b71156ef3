package postgres

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// MaxSuggestions is how many suggestions a page holds, maxSuggestionsCounted where
// counting ends.
const (
	MaxSuggestions        = 20
	maxSuggestionsCounted = 1000
)

// SuggestionLane is a list of suggestions.
type SuggestionLane string

// The lanes: what is to be decided, what is to be decided and weak, and what has
// been decided.
const (
	LaneToDecide  SuggestionLane = "open"
	LaneWeak      SuggestionLane = "weak"
	LaneAccepted  SuggestionLane = "accepted"
	LaneDismissed SuggestionLane = "dismissed"
)

// SuggestionLanes lists the lanes in their order.
var SuggestionLanes = []SuggestionLane{LaneToDecide, LaneWeak, LaneAccepted, LaneDismissed}

// ParseSuggestionLane reads a lane; "" is LaneToDecide.
func ParseSuggestionLane(s string) (SuggestionLane, error) {
	if s == "" {
		return LaneToDecide, nil
	}
	for _, l := range SuggestionLanes {
		if string(l) == s {
			return l, nil
		}
	}
	return "", forum.NewError(forum.Malformed, "There is no such list of suggestions.")
}

// weak is the rule whose finds have a lane of their own.
const weakRule = "name"

// SuggestionFilter narrows a list of suggestions. The zero SuggestionFilter is the
// beginning of what is to be decided.
type SuggestionFilter struct {
	Lane    SuggestionLane
	Article string // slug; "": of all articles
	After   string // cursor
}

// SuggestedComment is a comment of a suggestion.
type SuggestedComment struct {
	ID         forum.CommentID
	AuthorName string // "": unknown
	At         *time.Time
	Text       string // plain, its beginning
	Level      int
}

// SuggestionItem is a suggestion with everything needed to decide.
type SuggestionItem struct {
	Suggestion
	Slug, Title string
	Subject     SuggestedComment
	Goal        SuggestedComment // of Target
	Above       SuggestedComment // of From; its id is 0 where that is the article
	DecidedBy   string
	DecidedAt   *time.Time
	Of          int // of this rule in this article in this lane
}

// SuggestionList is a page of suggestions.
type SuggestionList struct {
	Items  []SuggestionItem
	Next   string // cursor of the next page, "" at the end
	Counts map[SuggestionLane]int
	Due    int // articles that nobody has looked through yet
}

// inLane says what of suggestion s is in a lane: $1 is its state, $2 tells whether
// it is the weak one. What is open is shown only while it can be accepted.
const inLane = `s.state = $1 and (s.state <> 'open' or (s.rule = '` + weakRule + `') = $2
	and exists (select from comment c where c.id = s.comment_id and c.state = 'published' and (s.rule = 'duplicate' or coalesce(c.parent_id, 0) = s.from_id))
	and exists (select from comment t where t.id = s.target_id and t.state = 'published'))
	and exists (select from article a where a.id = s.article_id and (a.state = 'published' or $3) and ($4 = '' or a.slug = $4))`

func (l SuggestionLane) args(v forum.Viewer, slug string) []any {
	state := string(l)
	if l == LaneWeak {
		state = SuggestionOpen
	}
	return []any{state, l == LaneWeak, v.Administers(), slug}
}

// Suggestions reads a page of suggestions: open ones by article and rule, decided
// ones from the newest. Only moderators may.
func (db *DB) Suggestions(ctx context.Context, v forum.Viewer, f SuggestionFilter) (list SuggestionList, err error) {
	defer wrap(&err, "read the suggestions")
	if err := forum.CanModerate(v); err != nil {
		return list, err
	}
	if f.Lane == "" {
		f.Lane = LaneToDecide
	}
	page, args, err := suggestionPage(v, f)
	if err != nil {
		return list, err
	}
	list.Counts = map[SuggestionLane]int{}
	batch := &pgx.Batch{}
	batch.Queue(page, args...).Query(func(rows pgx.Rows) (err error) {
		list.Items, err = pgx.CollectRows(rows, scanSuggestion)
		return err
	})
	for _, lane := range SuggestionLanes {
		batch.Queue(`select count(*)::int from (select from suggestion s where `+inLane+` limit $5) counted`, append(lane.args(v, f.Article), maxSuggestionsCounted)...).
			QueryRow(func(row pgx.Row) error {
				var n int
				err := row.Scan(&n)
				list.Counts[lane] = n
				return err
			})
	}
	batch.Queue(`select count(*)::int from suggestion_due`).QueryRow(func(row pgx.Row) error { return row.Scan(&list.Due) })
	if err := db.pool.SendBatch(ctx, batch).Close(); err != nil {
		return list, translate(err)
	}
	if len(list.Items) > MaxSuggestions {
		list.Items = list.Items[:MaxSuggestions]
		list.Next = cursorOf(f.Lane, &list.Items[MaxSuggestions-1])
	}
	return list, nil
}

// cursorOf names the last suggestion of a page by what the list is ordered by: an
// open one may be gone when it is used.
func cursorOf(l SuggestionLane, last *SuggestionItem) string {
	if l == LaneAccepted || l == LaneDismissed {
		return strconv.FormatInt(last.ID, 36)
	}
	return strings.Join([]string{strconv.FormatInt(int64(last.Article), 36), last.Rule, strconv.FormatInt(last.ID, 36)}, ".")
}

func suggestionPage(v forum.Viewer, f SuggestionFilter) (query string, args []any, err error) {
	args = append(f.Lane.args(v, f.Article), MaxSuggestions+1)
	if f.Lane == LaneAccepted || f.Lane == LaneDismissed {
		after, err := parseCursor(f.After)
		if err != nil {
			return "", nil, err
		}
		return `select ` + suggestionColumns + ` from (select * from suggestion s where ` + inLane + `
			and ($6::bigint = 0 or (s.decided_at, s.id) < (select decided_at, id from suggestion where id = $6))
			order by s.decided_at desc, s.id desc limit $5) s ` + suggestionJoins + ` order by s.decided_at desc, s.id desc`, append(args, after), nil
	}
	article, rest, _ := strings.Cut(f.After, ".")
	rule, id, _ := strings.Cut(rest, ".")
	a, err := parseCursor(article)
	if err != nil {
		return "", nil, err
	}
	last, err := parseCursor(id)
	if err != nil {
		return "", nil, err
	}
	return `select ` + suggestionColumns + ` from (select * from suggestion s where ` + inLane + `
		and ($6::bigint = 0 or (s.article_id, s.rule, s.id) > ($6, $7::text, $8::bigint))
		order by s.article_id, s.rule, s.id limit $5) s ` + suggestionJoins + ` order by s.article_id, s.rule, s.id`, append(args, a, strings.ToValidUTF8(strings.ReplaceAll(rule, "\x00", ""), ""), last), nil
}

// suggestionColumns hold of each text its beginning: nobody reads more on a list.
const suggestionColumns = `s.id, s.article_id, s.comment_id, s.rule, s.from_id, s.target_id, s.words, s.state, s.acts,
	a.slug, a.title, coalesce(d.name, ''), s.decided_at,
	case when s.state = 'open' then (select count(*)::int from (select from suggestion o
		where o.article_id = s.article_id and o.rule = s.rule and o.state = 'open' limit 1000) counted) else 0 end,
	c.depth + 1, c.created_at, coalesce(cp.name, ''), coalesce(left(cr.body_text, 6000), ''),
	t.depth + 1, t.created_at, coalesce(tp.name, ''), coalesce(left(tr.body_text, 6000), ''),
	coalesce(u.depth + 1, 0), u.created_at, coalesce(up.name, ''), coalesce(left(ur.body_text, 6000), '')`

// suggestionJoins leave out what nobody but its author is to see by now.
const suggestionJoins = `
join article a on a.id = s.article_id
left join person d on d.id = s.decided_by
join comment c on c.id = s.comment_id
left join comment_revision cr on cr.comment_id = c.id and cr.revision = c.revision and c.state in ('published', 'removed')
left join person cp on cp.id = c.author_id and cr.comment_id is not null
join comment t on t.id = s.target_id
left join comment_revision tr on tr.comment_id = t.id and tr.revision = t.revision and t.state in ('published', 'removed')
left join person tp on tp.id = t.author_id and tr.comment_id is not null
left join comment u on u.id = s.from_id
left join comment_revision ur on ur.comment_id = u.id and ur.revision = u.revision and u.state in ('published', 'removed')
left join person up on up.id = u.author_id and ur.comment_id is not null`

func scanSuggestion(row pgx.CollectableRow) (i SuggestionItem, err error) {
	c, t, u := &i.Subject, &i.Goal, &i.Above
	err = row.Scan(&i.ID, &i.Article, &i.Comment, &i.Rule, &i.From, &i.Target, &i.Words, &i.State, &i.Acts,
		&i.Slug, &i.Title, &i.DecidedBy, &i.DecidedAt, &i.Of,
		&c.Level, &c.At, &c.AuthorName, &c.Text, &t.Level, &t.At, &t.AuthorName, &t.Text, &u.Level, &u.At, &u.AuthorName, &u.Text)
	c.ID, t.ID, u.ID = i.Comment, i.Target, i.From
	return i, err
}

// OpenSuggestions gives the open suggestions of one rule in one article that can
// be accepted, in the order of their comments. Only moderators may.
func (db *DB) OpenSuggestions(ctx context.Context, v forum.Viewer, slug, rule string, limit int) (ids []int64, err error) {
	defer wrap(&err, "read the suggestions of %q", slug)
	if err := forum.CanModerate(v); err != nil {
		return nil, err
	}
	if slug == "" {
		return nil, forum.NewError(forum.NotFound, "There is no such article.")
	}
	lane := LaneToDecide
	if rule == weakRule {
		lane = LaneWeak
	}
	rows, err := db.pool.Query(ctx, `select s.id from suggestion s where `+inLane+` and s.rule = $5 order by s.comment_id limit $6`,
		append(lane.args(v, slug), rule, limit)...)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// SuggestionCount is how many sure suggestions are open for moderators, counted
// up to 1,000; for navigation.
func (db *DB) SuggestionCount(ctx context.Context, v forum.Viewer) (n int, err error) {
	err = db.pool.QueryRow(ctx, `select count(*)::int from (select from suggestion s where `+inLane+` limit 1000) counted`, LaneToDecide.args(v, "")...).Scan(&n)
	return n, translate(err)
}

// SuggestionItem reads one suggestion, whatever its state; NotFound where the
// viewer may not know of its article. Only moderators may.
func (db *DB) SuggestionItem(ctx context.Context, v forum.Viewer, id int64) (i SuggestionItem, err error) {
	defer wrap(&err, "read suggestion %d", id)
	if err := forum.CanModerate(v); err != nil {
		return i, err
	}
	rows, err := db.pool.Query(ctx, `select `+suggestionColumns+` from suggestion s `+suggestionJoins+`
		where s.id = $1 and (a.state = 'published' or $2)`, id, v.Administers())
	if err != nil {
		return i, translate(err)
	}
	i, err = pgx.CollectExactlyOneRow(rows, scanSuggestion)
	return i, notFound(err, "There is no such suggestion any more.")
}

// Before tells the order of a list of open suggestions.
func (i *SuggestionItem) Before(other *SuggestionItem) bool {
	return cmp.Or(cmp.Compare(i.Article, other.Article), cmp.Compare(i.Rule, other.Rule), cmp.Compare(i.ID, other.ID)) < 0
}

// Said are the words of the other comment that speak for it: those that were
// quoted.
func (i *SuggestionItem) Said() string {
	if i.Rule == "quote" {
		return i.Words
	}
	return ""
}
