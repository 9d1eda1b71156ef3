package action

import (
	"context"

	"hustings/internal/forum"
	"hustings/internal/postgres"
)

// hideErased takes the names of those who were erased out of what is staged, and
// their texts where these were erased too, so that an import neither shows nor
// brings them. It is called once everything is staged, and again where somebody is
// erased while it is written. It reads everything once more; where nobody was erased
// it does nothing.
func (im *importing) hideErased(ctx context.Context) error {
	some, err := im.session.Erasing(ctx)
	if err != nil || !some {
		return err
	}
	sources, err := im.session.ItemSources(ctx)
	if err != nil {
		return err
	}
	erased, err := im.erasedAuthors(ctx, sources)
	if err != nil || len(erased) == 0 {
		return err
	}
	gone := make([]postgres.SourceAuthor, 0, len(erased))
	for a := range erased {
		gone = append(gone, postgres.SourceAuthor{Source: a.source, AuthorName: a.AuthorName})
	}
	if err := im.session.ForgetAuthors(ctx, gone); err != nil {
		return err
	}
	hidden := portion[postgres.StagedMark]{write: func(list []postgres.StagedMark) error { return im.session.Restage(ctx, list) }}
	err = im.stage.spool.eachComment(func(c *postgres.StagedComment) (bool, error) {
		texts, gone := erased[authorAt(c, sources)]
		if !gone {
			return false, nil
		}
		hide(c, texts)
		return true, hidden.add(markOf(c), 0)
	})
	if err != nil {
		return err
	}
	return hidden.end()
}

// hide leaves of a comment what may be known of it.
func hide(c *postgres.StagedComment, texts bool) {
	c.Author, c.AuthorKey, c.AuthorMail, c.AuthorURL, c.AuthorKind = nil, "", nil, nil, nil
	if texts {
		none := ""
		c.State, c.SourceText, c.BodyHTML, c.BodyText = forum.Erased, nil, "", &none
	}
}

// sourceAuthor is a postgres.SourceAuthor that can be looked up.
type sourceAuthor struct {
	source string
	postgres.AuthorName
	mail string
}

// authorAt is who wrote a comment; the zero value where nobody is named.
func authorAt(c *postgres.StagedComment, sources map[int32]string) (a sourceAuthor) {
	name, ok := c.AuthorName()
	if !ok {
		return a
	}
	return sourceAuthor{sources[c.Item], name, string(c.AuthorMail)}
}

// erasedAuthors finds those who were erased among the authors, and whether their
// texts were too.
func (im *importing) erasedAuthors(ctx context.Context, sources map[int32]string) (map[sourceAuthor]bool, error) {
	erased, asked := map[sourceAuthor]bool{}, map[sourceAuthor]bool{}
	ask := portion[postgres.SourceAuthor]{write: func(list []postgres.SourceAuthor) error {
		found, err := im.session.Erased(ctx, list)
		for i, texts := range found {
			erased[sourceAuthor{list[i].Source, list[i].AuthorName, string(list[i].Mail)}] = texts
		}
		clear(asked)
		return err
	}}
	err := im.stage.spool.eachComment(func(c *postgres.StagedComment) (bool, error) {
		a := authorAt(c, sources)
		if a == (sourceAuthor{}) || asked[a] {
			return false, nil
		}
		asked[a] = true
		return false, ask.add(postgres.SourceAuthor{Source: a.source, AuthorName: a.AuthorName, Mail: c.AuthorMail}, 0)
	})
	if err != nil {
		return nil, err
	}
	return erased, ask.end()
}
