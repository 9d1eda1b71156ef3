package postgres

import (
	"context"

	"hustings/internal/forum"
)

// Upload is a file that waits to be imported. It is its owner's alone.
type Upload struct {
	Owner     forum.PersonID
	TokenHash []byte // SHA-256 of the token in the owner's page
	Name      string
	Source    string // "": the file's own
	SHA256    []byte
	Content   []byte
}

// keptUploads is how many files of one person wait at the same time; older ones
// go when another comes.
const keptUploads = 4

// KeepUpload keeps a file for a day, and lets go of those whose day is over.
func (t *Tx) KeepUpload(ctx context.Context, u Upload) (err error) {
	defer wrap(&err, "keep the upload %q", u.Name)
	_, err = t.Exec(ctx, `delete from upload where expires_at < now() or token_hash in (
		select token_hash from upload where owner_id = $1 order by at desc offset $2)`, u.Owner, keptUploads-1)
	if err != nil {
		return translate(err)
	}
	_, err = t.Exec(ctx, `insert into upload (token_hash, owner_id, name, source, sha256, content) values ($1, $2, $3, $4, $5, $6)`,
		u.TokenHash, u.Owner, u.Name, u.Source, u.SHA256, u.Content)
	return translate(err)
}

// Upload reads a waiting file; NotFound for anybody but its owner and when its
// day is over.
func (db *DB) Upload(ctx context.Context, v forum.Viewer, tokenHash []byte) (u Upload, err error) {
	err = db.pool.QueryRow(ctx, `select owner_id, token_hash, name, source, sha256, content from upload
		where token_hash = $1 and owner_id = $2 and expires_at > now()`, tokenHash, v.ID).
		Scan(&u.Owner, &u.TokenHash, &u.Name, &u.Source, &u.SHA256, &u.Content)
	return u, notFound(err, "This file is no longer waiting here: it is kept for a day. Please choose it again.")
}
