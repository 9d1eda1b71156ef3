package postgres

// dueForSuggestions notes that an import has changed article $1, to be looked
// through later: imports do not wait for that.
const dueForSuggestions = `insert into suggestion_due (article_id) values ($1) on conflict (article_id) do update set at = now()`
