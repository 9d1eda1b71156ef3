package postgres

import (
	"context"
)

// Setting is a value the site keeps for itself; NotFound where it is not set.
func (db *DB) Setting(ctx context.Context, name string) (value string, err error) {
	defer wrap(&err, "setting %s", name)
	err = db.pool.QueryRow(ctx, `select value from setting where name = $1`, name).Scan(&value)
	return value, notFound(err, "This setting has no value.")
}

// EnsureSetting is the value of a setting, after giving it this one where it had
// none. Of several servers that start together one value wins for all.
func (db *DB) EnsureSetting(ctx context.Context, name, fresh string) (value string, err error) {
	defer wrap(&err, "ensure setting %s", name)
	_, err = db.pool.Exec(ctx, `insert into setting (name, value) values ($1, $2) on conflict do nothing`, name, fresh)
	if err != nil {
		return "", translate(err)
	}
	return db.Setting(ctx, name)
}

// MailKey is the key under which the e-mail addresses of imported people are
// hashed. The migrations make it.
func (db *DB) MailKey(ctx context.Context) ([]byte, error) {
	value, err := db.Setting(ctx, "mail_key")
	return []byte(value), err
}

// SetSetting gives a setting a value.
func (t *Tx) SetSetting(ctx context.Context, name, value string) (err error) {
	defer wrap(&err, "set setting %s", name)
	_, err = t.Exec(ctx, `insert into setting (name, value) values ($1, $2)
		on conflict (name) do update set value = excluded.value`, name, value)
	return translate(err)
}
