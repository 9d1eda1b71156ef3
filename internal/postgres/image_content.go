package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// ImagePiece reads at most n bytes of an image from a place on. Fewer come at its
// end, and none of one that is not in the database.
func (db *DB) ImagePiece(ctx context.Context, sha256 []byte, from int64, n int) (piece []byte, err error) {
	err = db.pool.QueryRow(ctx, `select coalesce(substring(content from $2 for $3), '') from image where sha256 = $1`, sha256, from+1, n).Scan(&piece)
	return piece, notFound(err, noImage)
}

// ImageIn names some images whose content stands in the folder (or, without it,
// in the database): at most limit of those after a digest, by digest.
func (db *DB) ImageIn(ctx context.Context, folder bool, after []byte, limit int) (_ [][]byte, err error) {
	defer wrap(&err, "images in the folder or not")
	if after == nil {
		after = []byte{}
	}
	rows, err := db.pool.Query(ctx, `select sha256 from image where (content is null) = $1 and sha256 > $2 order by sha256 limit $3`, folder, after, limit)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[[]byte])
}

// NeededInFolder tells which of these images have to be in the folder.
func (db *DB) NeededInFolder(ctx context.Context, sums [][]byte) (_ map[string]bool, err error) {
	defer wrap(&err, "images that the folder has to have")
	rows, err := db.pool.Query(ctx, `select sha256 from image where sha256 = any($1) and content is null`, sums)
	if err != nil {
		return nil, translate(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	needed := make(map[string]bool, len(found))
	for _, sum := range found {
		needed[string(sum)] = true
	}
	return needed, translate(err)
}

// ImageArticles gives the articles that name one of these images.
func (db *DB) ImageArticles(ctx context.Context, sums [][]byte) (_ []int64, err error) {
	defer wrap(&err, "articles of images")
	rows, err := db.pool.Query(ctx, `select distinct article_id from article_image where sha256 = any($1) order by 1`, sums)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

// MoveImage notes that the content of an image is in the folder from now on, or
// with content, that it is in the database. It does nothing where the image has
// gone meanwhile.
func (t *Tx) MoveImage(ctx context.Context, sha256, content []byte) error {
	_, err := t.Exec(ctx, `update image set content = $2 where sha256 = $1`, sha256, content)
	return translate(err)
}
