package postgres

import (
	"context"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5/pgconn"
)

// HoldArticles keeps the structure of discussions as it is until the end of the
// transaction. People go on replying, and changing comments of their own: when an
// import comes to write one that has changed since this call, ChangeComments fails
// with an error upon which the transaction is begun anew. firmly keeps them from it.
func (t *Tx) HoldArticles(ctx context.Context, ids []forum.ArticleID, firmly bool) error {
	strength := `for no key update`
	if firmly {
		strength = `for update`
	}
	if _, err := t.Exec(ctx, `select from article where id = any($1) order by id `+strength, ids); err != nil {
		return translate(err)
	}
	t.held = ""
	if firmly {
		return nil
	}
	return translate(t.QueryRow(ctx, `select pg_current_snapshot()::text`).Scan(&t.held))
}

// holdTold keeps the comments as they are that are told to change. One that is not
// as it was when their articles were held is an error that begins the transaction
// anew.
func (t *Tx) holdTold(ctx context.Context) error {
	if t.held == "" {
		return nil
	}
	_, err := t.Exec(ctx, `select from import_told i join comment c on c.id = i.id where i.revised or i.restated order by c.id for no key update of c`)
	if err != nil {
		return translate(err)
	}
	// A row's xmin are the lower 32 bits of the transaction that wrote it.
	var changed bool
	err = t.QueryRow(ctx, `
		with held as (select $1::pg_snapshot as snap, pg_snapshot_xmax($1::pg_snapshot)::text::bigint as top),
		written as (select c.xmin::text::bigint as low, held.* from held, import_told i join comment c on c.id = i.id
			where (i.revised or i.restated) and c.xmin <> pg_current_xact_id()::xid)
		select exists (select from written where low > 2 and not pg_visible_in_snapshot((top - (top & 4294967295) + low
			+ case when low - (top & 4294967295) > 2147483648 then -4294967296 when (top & 4294967295) - low > 2147483648 then 4294967296 else 0 end)::text::xid8, snap))`,
		t.held).Scan(&changed)
	if err == nil && changed {
		err = &pgconn.PgError{Code: "40001", Message: "somebody changed a comment that an import was about to change"}
	}
	return err
}
