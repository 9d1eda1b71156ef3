package action

import (
	"cmp"
	"context"
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"hustings/internal/demo"
	"hustings/internal/forum"
	"hustings/internal/markup"
	"hustings/internal/postgres"

	"github.com/google/uuid"
)

// demoThread is the size of the generated thread.
const demoThread = 2000

// demoSource is where the demo's imported comments came from.
const demoSource = "an older site"

// SeedDemo fills an empty site with our own sample discussions, in one
// transaction; on a site that has an article already it does nothing. passwords
// are those of the accounts in demo.Accounts; everybody else in the samples has
// an account that nobody can sign in to.
func (a *Actions) SeedDemo(ctx context.Context, passwords map[string]string) error {
	articles, err := demo.Articles()
	if err != nil {
		return err
	}
	return a.seed(ctx, append(articles, demo.Generated(demoThread)), passwords)
}

func (a *Actions) seed(ctx context.Context, articles []demo.Article, passwords map[string]string) error {
	return a.db.Do(ctx, func(ctx context.Context, tx *postgres.Tx) error {
		filled, err := tx.IsFilled(ctx)
		if err != nil || filled {
			return err
		}
		now, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		s := &seeding{actions: a, tx: tx, now: now, articles: articles}
		return s.run(ctx, passwords)
	})
}

// seeding is the demo's site being filled.
type seeding struct {
	actions  *Actions
	tx       *postgres.Tx
	now      time.Time
	articles []demo.Article
	ids      []forum.ArticleID
	seeds    []*seed // by number
	members  map[string]forum.PersonID
	imported map[string]forum.PersonID
	mod      forum.PersonID
}

// seed is a comment on its way into the demo.
type seed struct {
	*demo.Comment
	postgres.BulkComment
	parent *seed
	age    time.Duration // known or, for the order, that of what it answers
}

func (s *seeding) run(ctx context.Context, passwords map[string]string) error {
	for _, step := range []func(context.Context) error{s.addArticles, s.plant,
		func(ctx context.Context) error { return s.addPeople(ctx, passwords) }, s.render, s.moderate, s.store} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) addArticles(ctx context.Context) error {
	for _, a := range s.articles {
		body, err := markup.Article(a.BodyHTML)
		if err != nil {
			return err
		}
		id, err := s.tx.AddBulkArticle(ctx, postgres.BulkArticle{
			PortableID: portableAt(s.at(a.Age)), Slug: a.Slug, Title: a.Title, Standfirst: a.Standfirst, Author: a.Author,
			State: forum.ArticleState(a.State), Replies: forum.Replies(a.Replies),
			BodySource: a.BodyHTML, BodyHTML: body.HTML, BodyText: body.Text, Policy: body.Version, At: s.at(a.Age),
		})
		if err != nil {
			return err
		}
		s.ids = append(s.ids, id)
	}
	return nil
}

func (s *seeding) at(age time.Duration) time.Time { return s.now.Add(-age) }

// portableAt is the portable id of something that was written here at a time.
func portableAt(at time.Time) string {
	id := uuid.Must(uuid.NewV7())
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(at.UnixMilli()))
	copy(id[:6], ms[2:])
	return id.String()
}

// plant lists all comments in the order in which they were written, which gives
// parents smaller numbers than their replies, and numbers them.
func (s *seeding) plant(ctx context.Context) error {
	for i, a := range s.articles {
		var open []*seed // by level
		a.Walk(func(c *demo.Comment, level int) {
			n := &seed{Comment: c, age: c.Age}
			n.Article, n.Depth = s.ids[i], level-1
			oldest := a.Age
			if level > 1 {
				n.parent = open[level-2]
				oldest = n.parent.age
			}
			if n.age < 0 || n.age > oldest {
				n.age = oldest
			}
			open = append(open[:level-1], n)
			s.seeds = append(s.seeds, n)
		})
	}
	slices.SortStableFunc(s.seeds, func(a, b *seed) int { return cmp.Compare(b.age, a.age) })
	ids, err := s.tx.NewCommentIDs(ctx, len(s.seeds))
	if err != nil {
		return err
	}
	for i, n := range s.seeds {
		n.ID, n.Root = ids[i], ids[i]
		if n.parent != nil {
			n.BulkComment.Parent, n.Root = n.parent.ID, n.parent.Root
		}
	}
	return nil
}

// addPeople makes everybody who writes or reports. They came here a while before
// their first word.
func (s *seeding) addPeople(ctx context.Context, passwords map[string]string) error {
	names := map[string]time.Duration{} // of members, with the age of their first word
	var old []string
	for _, n := range s.seeds {
		if n.Imported || n.kindOf() == forum.KindLinkBack {
			old = append(old, n.Comment.Author)
			continue
		}
		note(names, n.Comment.Author, n.age)
		for _, r := range n.Reports {
			note(names, r.Reporter, r.Age)
		}
	}
	roles := map[string]demo.Account{}
	for _, account := range demo.Accounts {
		roles[account.Name] = account
		note(names, account.Name, 0)
	}
	var err error
	if s.imported, err = s.tx.EnsureImported(ctx, demoSource, old); err != nil {
		return err
	}
	delete(names, "")
	s.members = map[string]forum.PersonID{}
	came := map[forum.PersonID]time.Time{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		member := postgres.NewMember{Name: name, Skeleton: markup.Skeleton(name), Role: forum.Reader}
		if account, ok := roles[name]; ok && passwords[name] != "" {
			member.Role = forum.Role(account.Role)
			if member.PasswordHash, err = s.actions.accounts.hasher.hash(ctx, passwords[name]); err != nil {
				return err
			}
		}
		p, err := s.tx.AddMember(ctx, member)
		if err != nil {
			return err
		}
		s.members[name] = p.ID
		came[p.ID] = s.at(names[name] + demoSettling)
		if member.Role == forum.Moderator {
			s.mod = p.ID
		}
	}
	return s.tx.Backdate(ctx, came)
}

// demoSettling is how long people had an account before they first wrote.
const demoSettling = 20 * 24 * time.Hour

// note keeps the greatest age.
func note(ages map[string]time.Duration, name string, age time.Duration) {
	ages[name] = max(ages[name], age)
}

// kindOf is the kind of the comment.
func (n *seed) kindOf() forum.CommentKind { return forum.CommentKind(n.Comment.Kind) }

// render makes the HTML of every text there has been.
func (s *seeding) render(context.Context) error {
	for _, n := range s.seeds {
		n.BulkComment.Kind, n.BulkComment.State = n.kindOf(), forum.CommentState(n.Comment.State)
		n.BranchRemoved, n.BranchLocked = n.Branch == demo.BranchRemoved, n.Branch == demo.BranchLocked
		if n.Comment.Age >= 0 {
			at := s.at(n.Comment.Age)
			n.CreatedAt = &at
		}
		n.PortableID = portableAt(s.at(n.age))
		n.BulkComment.Author = s.members[n.Comment.Author]
		if n.Imported || n.kindOf() == forum.KindLinkBack {
			n.BulkComment.Author = s.imported[n.Comment.Author]
		}
		if err := s.renderTexts(n); err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) renderTexts(n *seed) error {
	at := n.CreatedAt
	for _, e := range n.Edits {
		if err := n.text(e.Body, at); err != nil {
			return err
		}
		until := s.at(e.Until)
		at, n.EditedAt = &until, &until
	}
	return n.text(n.Body, at)
}

func (n *seed) text(body string, at *time.Time) error {
	r, err := markup.Reply(body)
	if err != nil {
		return err
	}
	n.Revisions = append(n.Revisions, postgres.BulkRevision{At: at, Source: body, HTML: r.HTML, Text: r.Text, Policy: r.Version})
	return nil
}

// moderate writes the audit entries of what the demo's moderator did.
func (s *seeding) moderate(ctx context.Context) (err error) {
	viewer := forum.Viewer{ID: s.mod}
	for i, a := range s.articles {
		if a.Replies != string(forum.RepliesLocked) {
			continue
		}
		e := postgres.AuditEntry{Actor: s.mod, Action: postgres.ActLockArticle, SubjectKind: "article", SubjectID: int64(s.ids[i]), Article: s.ids[i]}
		if _, err := s.tx.Audit(ctx, e); err != nil {
			return err
		}
	}
	for _, n := range s.seeds {
		c := &postgres.LockedComment{Comment: forum.Comment{ID: n.ID, Article: n.Article}}
		if n.BulkComment.State == forum.Removed {
			e := entry(viewer, c, postgres.ActRemove)
			e.Reason, e.Detail = forum.Reason(n.Reason), stateDetail{From: forum.Published}
			if n.Removal, err = s.tx.Audit(ctx, e); err != nil {
				return err
			}
		}
		if n.BranchRemoved {
			e := entry(viewer, c, postgres.ActRemoveBranch)
			shown := s.below(n)
			e.Reason, e.Detail = forum.Reason(n.Reason), branchDetail{Comments: shown, Counted: -len(shown)}
			if n.BranchRemoval, err = s.tx.Audit(ctx, e); err != nil {
				return err
			}
		}
		if n.BranchLocked {
			if _, err := s.tx.Audit(ctx, entry(viewer, c, postgres.ActLockBranch)); err != nil {
				return err
			}
		}
	}
	return nil
}

// below are the comments of a branch that readers saw, its root among them.
func (s *seeding) below(root *seed) (list []forum.CommentID) {
	for _, n := range s.seeds {
		for up := n; up != nil; up = up.parent {
			if up == root && n.BulkComment.State == forum.Published {
				list = append(list, n.ID)
			}
		}
	}
	return list
}

func (s *seeding) store(ctx context.Context) error {
	list := make([]postgres.BulkComment, len(s.seeds))
	for i, n := range s.seeds {
		list[i] = n.BulkComment
	}
	if err := s.tx.AddBulkComments(ctx, list); err != nil {
		return err
	}
	for _, n := range s.seeds {
		for _, r := range n.Reports {
			report := postgres.NewReport{Comment: n.ID, Article: n.Article, Reporter: s.members[r.Reporter], Reason: forum.Reason(r.Reason), Note: r.Note}
			if err := s.tx.AddOldReport(ctx, report, s.at(r.Age)); err != nil {
				return err
			}
		}
	}
	if err := s.tx.CountBulk(ctx); err != nil {
		return err
	}
	for _, id := range s.ids {
		if err := s.tx.Changed(ctx, id, 0); err != nil {
			return err
		}
	}
	return nil
}
