package postgres

import (
	"context"
	"slices"
	"time"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// KeptImage is an image as it is kept here.
type KeptImage struct {
	SHA256        []byte
	MediaType     string
	Width, Height int   // in pixels
	Bytes         int64 // of its content
	InFolder      bool  // its content is not in the database
}

// ArticlePicture is an image of an article that is kept here.
type ArticlePicture struct {
	Address       string // as the text has it
	SHA256        []byte
	Width, Height int
}

// ArticlePictures lists the images of an article that are kept here.
func (db *DB) ArticlePictures(ctx context.Context, v forum.Viewer, article forum.ArticleID) (_ []ArticlePicture, err error) {
	defer wrap(&err, "pictures of article %d", article)
	rows, err := db.pool.Query(ctx, `select x.address, x.sha256, i.width, i.height
		from article_image x join image i using (sha256) join article a on a.id = x.article_id
		where x.article_id = $1 and (a.state = 'published' or $2)`, article, forum.CanAdminister(v) == nil)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ArticlePicture])
	return list, translate(err)
}

// Image finds an image of an article that the viewer may read. Its content is read
// by ImagePiece, or from the folder.
func (db *DB) Image(ctx context.Context, v forum.Viewer, sha256 []byte) (i KeptImage, err error) {
	err = db.pool.QueryRow(ctx, `select sha256, media_type, width, height, bytes, content is null from image i where sha256 = $1 and exists (
			select from article_image x join article a on a.id = x.article_id where x.sha256 = i.sha256 and (a.state = 'published' or $2))`,
		sha256, forum.CanAdminister(v) == nil).Scan(&i.SHA256, &i.MediaType, &i.Width, &i.Height, &i.Bytes, &i.InFolder)
	return i, notFound(err, noImage)
}

const noImage = "There is no such image."

// ImageCounts says how many images articles name, by what became of them.
type ImageCounts struct {
	Listed, Wanted, Kept, Missing int
	Bytes                         int64 // of those that are kept
}

// ImageCounts counts the images of all articles, for admins.
func (db *DB) ImageCounts(ctx context.Context, v forum.Viewer) (c ImageCounts, err error) {
	if err := forum.CanAdminister(v); err != nil {
		return c, err
	}
	err = db.pool.QueryRow(ctx, `select count(*) filter (where state = 'listed'), count(*) filter (where state = 'wanted'),
			count(*) filter (where state = 'kept'), count(*) filter (where state = 'missing'),
			(select coalesce(sum(bytes), 0) from image) from article_image`).
		Scan(&c.Listed, &c.Wanted, &c.Kept, &c.Missing, &c.Bytes)
	return c, translate(err)
}

// MissingImage is an image that could not be fetched.
type MissingImage struct {
	Address     string
	Slug, Title string // of the article
	Reason      string // a sentence
}

// missingShown is how many missing images a page lists.
const missingShown = 200

// MissingImages lists images that could not be fetched, for admins: the first 200 by
// article.
func (db *DB) MissingImages(ctx context.Context, v forum.Viewer) (_ []MissingImage, err error) {
	if err := forum.CanAdminister(v); err != nil {
		return nil, err
	}
	rows, err := db.pool.Query(ctx, `select x.address, a.slug, a.title, x.reason from article_image x join article a on a.id = x.article_id
		where x.state = 'missing' order by a.id, x.place limit $1`, missingShown)
	if err != nil {
		return nil, translate(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[MissingImage])
	return list, translate(err)
}

// ListImages notes which images the text of an article names. Those that it names
// no longer are forgotten, and what was kept of them where no other article does.
func (t *Tx) ListImages(ctx context.Context, article forum.ArticleID, addresses []string) (err error) {
	defer wrap(&err, "list %d images of article %d", len(addresses), article)
	if addresses == nil {
		addresses = []string{} // a null list would keep everything
	}
	rows, err := t.Query(ctx, `delete from article_image where article_id = $1 and address <> all($2) returning sha256`, article, addresses)
	if err != nil {
		return translate(err)
	}
	gone, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return translate(err)
	}
	if gone = slices.DeleteFunc(gone, func(sum []byte) bool { return sum == nil }); len(gone) > 0 {
		_, err = t.Exec(ctx, `delete from image i where sha256 = any($1) and not exists (select from article_image x where x.sha256 = i.sha256)`, gone)
		if err != nil {
			return translate(err)
		}
	}
	if len(addresses) == 0 {
		return nil
	}
	_, err = t.Exec(ctx, `insert into article_image (article_id, address, place)
		select $1, x.address, x.place from unnest($2::text[]) with ordinality x (address, place) where char_length(x.address) between 8 and 2100
		on conflict (article_id, address) do update set place = excluded.place`, article, addresses)
	return translate(err)
}

// WantImages asks for all images that are not kept here yet, those too that were
// missing before, and says how many they are.
func (t *Tx) WantImages(ctx context.Context) (int, error) {
	done, err := t.Exec(ctx, `update article_image set state = 'wanted', due_at = now(), tries = 0, reason = null where state in ('listed', 'missing')`)
	return int(done.RowsAffected()), translate(err)
}

// WantedImage is an image that is to be fetched.
type WantedImage struct {
	Article forum.ArticleID
	Address string
	Tries   int // this one counted
}

// ClaimImage takes the next image that is due, for a while: whoever claimed it and
// was stopped leaves it to others after that. It is NotFound where none is due.
func (t *Tx) ClaimImage(ctx context.Context, lease time.Duration) (w WantedImage, err error) {
	err = t.QueryRow(ctx, `update article_image x set due_at = now() + $1::interval, tries = tries + 1
		from (select article_id, address from article_image where state = 'wanted' and due_at <= now() order by due_at limit 1 for update skip locked) due
		where x.article_id = due.article_id and x.address = due.address returning x.article_id, x.address, x.tries`, lease).
		Scan(&w.Article, &w.Address, &w.Tries)
	return w, notFound(err, "No image is due.")
}

// KeepImage keeps an image for every article that names this address. Without
// content it stands in the folder. One that is here already stays where it is,
// unless that is the folder and its content comes now.
func (t *Tx) KeepImage(ctx context.Context, address string, i KeptImage, content []byte) (err error) {
	defer wrap(&err, "keep the image %s", address)
	_, err = t.Exec(ctx, `insert into image (sha256, media_type, width, height, bytes, content) values ($1, $2, $3, $4, $5, $6)
		on conflict (sha256) do update set content = coalesce(image.content, excluded.content)`,
		i.SHA256, i.MediaType, i.Width, i.Height, i.Bytes, content)
	if err != nil {
		return translate(err)
	}
	rows, err := t.Query(ctx, `update article_image set state = 'kept', sha256 = $2, due_at = null, reason = null
		where address = $1 and state = 'wanted' returning article_id`, address, i.SHA256)
	if err != nil {
		return translate(err)
	}
	articles, err := pgx.CollectRows(rows, pgx.RowTo[forum.ArticleID])
	if err != nil {
		return translate(err)
	}
	for _, id := range articles {
		if err := t.Changed(ctx, id, 0); err != nil {
			return err
		}
	}
	return nil
}

// MissImage notes why an image could not be fetched: for good, or until it is tried
// again after a while.
func (t *Tx) MissImage(ctx context.Context, w WantedImage, reason string, again time.Duration) error {
	state, due := "missing", (*time.Duration)(nil)
	if again > 0 {
		state, due = "wanted", &again
	}
	_, err := t.Exec(ctx, `update article_image set state = $3::image_state, reason = $4, due_at = now() + $5::interval
		where article_id = $1 and address = $2 and state = 'wanted'`, w.Article, w.Address, state, reason, due)
	return translate(err)
}
