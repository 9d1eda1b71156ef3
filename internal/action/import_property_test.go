package action_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hustings/internal/action"
	"hustings/internal/importer"
	"hustings/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// modelArticles is how many articles a made-up export has: the last two are written
// together.
const modelArticles = 3

// modelRecord is a comment as a made-up export has it.
type modelRecord struct {
	id, parent, article int
	second              int // of its time
	link                bool
	text                string
}

func (r modelRecord) before(o modelRecord) int {
	return cmp.Or(cmp.Compare(r.second, o.second), cmp.Compare(r.id, o.id))
}

// modelNode is a comment as it should be stored.
type modelNode struct {
	up      int // its parent's id, 0: none
	article int
	kind    string
	text    string
	round   int // the import that brought it
	at      modelRecord
}

// simplest is the simplest importer there is: everything in maps, one rule after the
// other.
type simplest struct {
	nodes   map[int]*modelNode
	round   int
	refused int
}

func (m *simplest) take(records []modelRecord) {
	m.round++
	file := map[int]modelRecord{} // what the file says of an id first
	var list []modelRecord
	for article := 1; article <= modelArticles; article++ {
		for _, r := range records {
			if r.article != article {
				continue
			}
			if m.taken(r) || m.foreign(r, records) {
				m.refused++
				continue
			}
			if first, ok := file[r.id]; ok {
				if first.text != r.text || first.second != r.second || first.link != r.link {
					m.refused++
				}
				continue
			}
			file[r.id] = r
			list = append(list, r)
		}
	}
	var fresh []modelRecord
	for _, r := range list {
		if n := m.nodes[r.id]; n == nil {
			fresh = append(fresh, r)
		} else {
			n.text, n.kind = r.text, kindOf(r)
		}
	}
	m.add(fresh)
}

// taken tells whether a comment has the id of one of another article.
func (m *simplest) taken(r modelRecord) bool {
	n := m.nodes[r.id]
	return n != nil && n.article != r.article
}

// foreign tells whether a comment answers one of another article.
func (m *simplest) foreign(r modelRecord, records []modelRecord) bool {
	if r.parent == 0 || r.link {
		return false
	}
	here := slices.ContainsFunc(records, func(o modelRecord) bool { return o.id == r.parent && o.article == r.article && !m.taken(o) })
	there := slices.ContainsFunc(records, func(o modelRecord) bool { return o.id == r.parent && o.article != r.article })
	there = there || slices.ContainsFunc(records, func(o modelRecord) bool { return o.parent == r.parent && !o.link && o.article < r.article }) // lost there
	if n := m.nodes[r.parent]; n != nil {
		here, there = here || n.article == r.article, there || n.article != r.article
	}
	return there && !here
}

func kindOf(r modelRecord) string {
	if r.link {
		return "link_back"
	}
	return "comment"
}

func (m *simplest) add(fresh []modelRecord) {
	new := map[int]*modelNode{}
	for _, r := range fresh {
		new[r.id] = &modelNode{up: r.parent, article: r.article, kind: kindOf(r), text: r.text, round: m.round, at: r}
	}
	for _, r := range fresh {
		n := new[r.id]
		if r.link {
			n.up = 0
		}
		if n.up == 0 {
			continue
		}
		up := cmp.Or(new[n.up], m.nodes[n.up])
		if up == nil {
			up = &modelNode{article: r.article, kind: "placeholder", round: m.round, at: r}
			new[n.up] = up
		}
		if up.kind == "placeholder" && up.round == m.round && r.before(up.at) < 0 {
			up.at = r // it was there before the first of its replies
		}
		if up.kind == "link_back" {
			n.up = 0
		}
	}
	for _, id := range slices.Sorted(maps.Keys(new)) {
		if circle := circleOf(new, id); len(circle) > 0 {
			newest := slices.MaxFunc(circle, func(a, b int) int { return new[a].at.before(new[b].at) })
			new[newest].up = 0
		}
	}
	maps.Copy(m.nodes, new)
}

// circleOf gives the ids of the circle that a node stands in, nil for none.
func circleOf(nodes map[int]*modelNode, id int) []int {
	circle := []int{id}
	for up := nodes[id].up; up != id; up = nodes[up].up {
		if nodes[up] == nil || len(circle) > len(nodes) {
			return nil
		}
		circle = append(circle, up)
	}
	return circle
}

// lines writes the tree down: each comment below its parent, siblings in order.
func (m *simplest) lines() string {
	below := map[int][]int{}
	for id, n := range m.nodes {
		below[n.up] = append(below[n.up], id)
	}
	var b strings.Builder
	var walk func(up int, indent string)
	walk = func(up int, indent string) {
		slices.SortFunc(below[up], func(a, b int) int {
			x, y := m.nodes[a], m.nodes[b]
			return cmp.Or(cmp.Compare(x.article, y.article), cmp.Compare(x.round, y.round), cmp.Compare(linkLast(x), linkLast(y)), x.at.before(y.at))
		})
		for _, id := range below[up] {
			n := m.nodes[id]
			fmt.Fprintf(&b, "%s%d %s %d %q\n", indent, n.article, n.kind, id, n.text)
			walk(id, indent+" ")
		}
	}
	walk(0, "")
	return b.String()
}

func linkLast(n *modelNode) int {
	if n.at.link && n.kind != "placeholder" {
		return 1
	}
	return 0
}

// records makes the comments of an export with all that makes trees hard.
func records(random *rand.Rand, n int) []modelRecord {
	var list []modelRecord
	for i := range n {
		r := modelRecord{id: 10 + i*3, article: 1 + random.IntN(modelArticles), second: random.IntN(2 * n), text: fmt.Sprintf("No %d", i), link: random.IntN(12) == 0}
		switch k := random.IntN(20); {
		case k < 11: // any other, of its own article or not, or itself: circles come by themselves
			r.parent = 10 + random.IntN(n)*3
		case k < 13: // nobody's
			r.parent = 5000 + random.IntN(4)
		}
		list = append(list, r)
	}
	for _, r := range slices.Clone(list) {
		switch random.IntN(20) {
		case 0:
			list = append(list, r)
		case 1:
			r.text += " again"
			list = append(list, r)
		}
	}
	random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// edited is an export of the same site some time later.
func edited(random *rand.Rand, list []modelRecord) []modelRecord {
	texts := map[int]string{}
	list = slices.DeleteFunc(slices.Clone(list), func(modelRecord) bool { return random.IntN(6) == 0 })
	for i := range list {
		r := &list[i]
		if random.IntN(5) == 0 && texts[r.id] == "" {
			texts[r.id] = r.text + " edited"
		}
		r.text = cmp.Or(texts[r.id], r.text)
	}
	for range len(list) / 5 { // replies to what is there, to what was lost, and what was lost
		r := modelRecord{id: 5000 + random.IntN(60), article: 1 + random.IntN(modelArticles), second: random.IntN(300), text: "late"}
		if !slices.ContainsFunc(list, func(o modelRecord) bool { return o.id == r.id }) {
			r.parent = list[random.IntN(len(list))].id
			list = append(list, r)
		}
	}
	random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func modelFile(list []modelRecord) action.ImportFile {
	var items []string
	for article := 1; article <= modelArticles; article++ {
		var comments []string
		for _, r := range list {
			if r.article != article {
				continue
			}
			kind := ""
			if r.link {
				kind = "pingback"
			}
			at := time.Date(2020, 1, 1, 0, 0, r.second, 0, time.UTC).Format("2006-01-02 15:04:05")
			comments = append(comments, fmt.Sprintf("<wp:comment><wp:comment_id>%d</wp:comment_id><wp:comment_author>A</wp:comment_author>"+
				"<wp:comment_date_gmt>%s</wp:comment_date_gmt><wp:comment_content>%s</wp:comment_content><wp:comment_approved>1</wp:comment_approved>"+
				"<wp:comment_type>%s</wp:comment_type><wp:comment_parent>%d</wp:comment_parent></wp:comment>\n", r.id, at, r.text, kind, r.parent))
		}
		items = append(items, wxrItem(article, "post", "publish", comments...))
	}
	return wxrFile(items...)
}

// stored writes down what is stored of a source, as simplest.lines does.
func (d *desk) stored(source string) string {
	d.t.Helper()
	type row struct {
		ID, Parent, Article int64
		Key, Kind, Text     string
	}
	var rows []row
	err := d.db.Do(d.t.Context(), func(ctx context.Context, tx *postgres.Tx) error {
		found, err := tx.Query(ctx, `select c.id, coalesce(c.parent_id, 0), right(a.title, 1)::bigint, r.external_id, c.kind, coalesce(v.body_text, '')
			from source s join external_ref r on r.source_id = s.id and r.kind = 'comment' join comment c on c.id = r.local_id join article a on a.id = c.article_id
			join comment_revision v on v.comment_id = c.id and v.revision = c.revision where s.name = $1 order by c.id`, source)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, pgx.RowToStructByPos[row])
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	below := map[int64][]row{}
	for _, r := range rows {
		below[r.Parent] = append(below[r.Parent], r)
	}
	slices.SortStableFunc(below[0], func(a, b row) int { return cmp.Compare(a.Article, b.Article) })
	var b strings.Builder
	var walk func(up int64, indent string)
	walk = func(up int64, indent string) {
		for _, r := range below[up] {
			fmt.Fprintf(&b, "%s%d %s %s %q\n", indent, r.Article, r.Kind, r.Key, r.Text)
			walk(r.ID, indent+" ")
		}
	}
	walk(0, "")
	return b.String()
}

func TestImport_stores_the_tree_of_the_simplest_importer_there_is(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for seed := range uint64(12) {
		random, m := rand.New(rand.NewPCG(seed, 1)), &simplest{nodes: map[int]*modelNode{}}
		list, source := records(random, 4+random.IntN(60)), "site "+strconv.FormatUint(seed, 10)
		for round := range 3 {
			in := action.ImportInput{Source: source, Files: []action.ImportFile{modelFile(list)}, DryRun: true}
			before := m.refused
			dry := d.take(in)
			in.DryRun = false
			done := d.take(in)
			m.take(list)
			if got, want := d.stored(source), m.lines(); got != want {
				t.Fatalf("seed %d, round %d: %d records gave\n%swant\n%s", seed, round, len(list), got, want)
			}
			if len(done.Refused) != m.refused-before {
				t.Errorf("seed %d, round %d: refused %+v, want %d", seed, round, done.Refused, m.refused-before)
			}
			if dry.DryRun = false; fmt.Sprintf("%+v", dry.Report) != fmt.Sprintf("%+v", done.Report) {
				t.Errorf("seed %d, round %d: the dry run said %+v, the import %+v", seed, round, dry.Report, done.Report)
			}
			again := d.take(in)
			if c := again.Comments; c.New+c.Changed > 0 {
				t.Errorf("seed %d, round %d, again: %+v", seed, round, again.Report)
			}
			list = edited(random, list)
		}
	}
	d.whole()
}

func TestImport_derives_portable_ids_as_the_importer_does(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.takeWXR(wxrItem(1, "post", "publish", wxrComment(1, 0, "2020-01-01 00:00:00", "1"), wxrComment(2, 77, "2020-01-01 00:00:00", "1")))
	source := d.one(`select name from source`)
	for _, key := range []string{"1", "2", "77"} {
		got := d.one(`select c.portable_id from comment c join external_ref r on r.local_id = c.id and r.kind = 'comment' where r.external_id = $1`, key)
		if want := importer.PortableID(source, "comment", key); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}
