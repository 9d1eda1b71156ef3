package postgres

import (
	"context"

	"hustings/internal/forum"

	"github.com/jackc/pgx/v5"
)

// FindingKind says what became of the record that a finding tells of.
type FindingKind string

// The kinds of findings of an import.
const (
	FindingRefused  FindingKind = "refused"  // left out
	FindingRepair   FindingKind = "repair"   // put right
	FindingConflict FindingKind = "conflict" // changed here and at the source; what is here stays
)

// ImportFinding is something that an import's report lists.
type ImportFinding struct {
	Kind    FindingKind
	FileNo  int // the place of the file in the import, from 1; 0: none
	File    string
	Line    int64  // from 1; 0: unknown
	Column  int64  // from 1; 0: unknown
	Byte    int64  // from 0; 0 where it is not known
	ID      string // of the record at its source; "": unknown
	Reason  string // a sentence in English
	Excerpt string // of the file at that place; "": none
	Ours    string // of a conflict: what stands here, where Excerpt is what the source says
	Comment int64  // of a conflict: the comment's number here; 0: an article, or one of many
}

// AddFindings keeps findings of a job. Those of an article are part of its part
// and stay when the job goes on; the others are found anew by each run.
func (t *Tx) AddFindings(ctx context.Context, id JobID, part bool, list []ImportFinding) error {
	if len(list) == 0 {
		return nil
	}
	_, err := t.CopyFrom(ctx, pgx.Identifier{"import_finding"},
		[]string{"job_id", "part", "kind", "file_no", "file", "line", "col", "byte", "ext_id", "reason", "excerpt", "ours", "comment_id"},
		pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
			f := &list[i]
			return []any{int64(id), part, string(f.Kind), f.FileNo, f.File, f.Line, f.Column, f.Byte, f.ID, f.Reason, f.Excerpt, f.Ours, f.Comment}, nil
		}))
	return translate(err)
}

// ForgetFindings forgets the findings that a run is about to make anew: all but
// those of finished articles.
func (t *Tx) ForgetFindings(ctx context.Context, id JobID) error {
	_, err := t.Exec(ctx, `delete from import_finding where job_id = $1 and not part`, id)
	return translate(err)
}

// EachFinding gives the findings of an import in the order of its files, without
// holding them in memory; none for all but admins.
func (db *DB) EachFinding(ctx context.Context, v forum.Viewer, id JobID, do func(ImportFinding) error) error {
	if !v.Administers() {
		return nil
	}
	return db.EachFindingForWork(ctx, id, do)
}

const findingColumns = `select kind, file_no, file, line, col, byte, ext_id, reason, excerpt, ours, comment_id from import_finding `

// EachFindingForWork is EachFinding for whoever runs the import.
func (db *DB) EachFindingForWork(ctx context.Context, id JobID, do func(ImportFinding) error) (err error) {
	defer wrap(&err, "findings of import %d", id)
	rows, err := db.pool.Query(ctx, findingColumns+`where job_id = $1 order by file_no, line, col, id`, id)
	if err != nil {
		return translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		f, err := scanFinding(rows)
		if err != nil {
			return err
		}
		if err := do(f); err != nil {
			return err
		}
	}
	return translate(rows.Err())
}

func scanFinding(row pgx.CollectableRow) (f ImportFinding, err error) {
	err = row.Scan(&f.Kind, &f.FileNo, &f.File, &f.Line, &f.Column, &f.Byte, &f.ID, &f.Reason, &f.Excerpt, &f.Ours, &f.Comment)
	return f, err
}

// Findings reads a page of an import's findings of a kind with a reason (as
// FindingGroups gives it; "": any), in the order of its files; none for all but
// admins.
func (db *DB) Findings(ctx context.Context, v forum.Viewer, id JobID, kind FindingKind, reason string, offset, limit int) (list []ImportFinding, err error) {
	defer wrap(&err, "findings of import %d", id)
	if !v.Administers() {
		return nil, nil
	}
	rows, err := db.pool.Query(ctx, findingColumns+`where job_id = $1 and kind = $2 and ($3 = '' or plain = $3)
		order by file_no, line, col, id offset $4 limit $5`, id, kind, reason, offset, limit)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, scanFinding)
}

// PartFindings gives the findings of the articles that a job has finished, in the
// order in which that was.
func (t *Tx) PartFindings(ctx context.Context, id JobID, do func(ImportFinding)) error {
	rows, err := t.Query(ctx, findingColumns+`where job_id = $1 and part order by id`, id)
	if err != nil {
		return translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		f, err := scanFinding(rows)
		if err != nil {
			return err
		}
		do(f)
	}
	return translate(rows.Err())
}

// FindingGroup is how often an import found the same.
type FindingGroup struct {
	Kind   FindingKind
	Reason string // with … for what differs: numbers, and words in quotation marks
	Count  int
	First  ImportFinding
}

// FindingGroups counts an import's findings by kind and reason: what was left out
// first, then conflicts, then what was put right, the most frequent first. At
// most 200; none for all but admins.
func (db *DB) FindingGroups(ctx context.Context, v forum.Viewer, id JobID) (list []FindingGroup, err error) {
	defer wrap(&err, "findings of import %d", id)
	if !v.Administers() {
		return nil, nil
	}
	rows, err := db.pool.Query(ctx, `select g.kind, g.plain, g.n, f.kind, f.file_no, f.file, f.line, f.col, f.byte, f.ext_id, f.reason, f.excerpt, f.ours, f.comment_id
		from (select kind, plain, sum(times)::int as n, (array_agg(id order by file_no, line, col, id))[1] as first
			from import_finding where job_id = $1 group by kind, plain) g
		join import_finding f on f.id = g.first
		order by array_position(array['refused', 'conflict', 'repair'], g.kind), g.n desc, g.plain limit 200`, id)
	if err != nil {
		return nil, translate(err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (g FindingGroup, err error) {
		f := &g.First
		err = row.Scan(&g.Kind, &g.Reason, &g.Count, &f.Kind, &f.FileNo, &f.File, &f.Line, &f.Column, &f.Byte, &f.ID, &f.Reason, &f.Excerpt, &f.Ours, &f.Comment)
		return g, err
	})
}

// FindingCounts counts an import's findings by kind; none for all but admins.
func (db *DB) FindingCounts(ctx context.Context, v forum.Viewer, id JobID) (map[FindingKind]int, error) {
	counts := map[FindingKind]int{}
	if !v.Administers() {
		return counts, nil
	}
	rows, err := db.pool.Query(ctx, `select kind, sum(times)::int from import_finding where job_id = $1 group by kind`, id)
	if err != nil {
		return nil, translate(err)
	}
	var kind FindingKind
	var n int
	_, err = pgx.ForEachRow(rows, []any{&kind, &n}, func() error {
		counts[kind] = n
		return nil
	})
	return counts, translate(err)
}
