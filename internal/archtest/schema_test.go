package archtest

import (
	"context"
	"strings"
	"testing"

	"hustings/internal/pgtest"
	"hustings/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// shape describes everything that migrations make, a line each: columns in their
// order, with type, default and whether they may be null; constraints, indexes, views, functions,
// triggers, policies, types, sequences; rights and comments.
const shape = `
with ours as (
	select n.nspname || '.' || c.relname as name, c.* from pg_class c join pg_namespace n on n.oid = c.relnamespace
	where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relname !~ '^goose_'
)
select line from (
	select 'relation ' || name || ' ' || relkind::text || ' ' || relpersistence::text || ' options ' || coalesce(reloptions::text, '') || ' rights ' || coalesce(relacl::text, '')
		|| ' rls ' || relrowsecurity from ours where relkind <> 'i'
	union all
	select 'column ' || o.name || '.' || a.attname || ' ' || rank() over (partition by a.attrelid order by a.attnum) || ' ' || format_type(a.atttypid, a.atttypmod) || ' null ' || (not a.attnotnull)
		|| ' default ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '') || ' identity ' || a.attidentity::text || ' generated ' || a.attgenerated::text
		|| ' storage ' || a.attstorage::text || a.attcompression::text || ' statistics ' || coalesce(a.attstattarget, -1)
		|| ' collation ' || coalesce((select collname from pg_collation where oid = a.attcollation), '') || ' rights ' || coalesce(a.attacl::text, '')
		from ours o join pg_attribute a on a.attrelid = o.oid left join pg_attrdef d on d.adrelid = o.oid and d.adnum = a.attnum
		where a.attnum > 0 and not a.attisdropped and o.relkind in ('r', 'v', 'm', 'p', 'f', 'c')
	union all
	select 'constraint ' || coalesce(o.name, c.contypid::regtype::text) || ' ' || c.conname || ' ' || pg_get_constraintdef(c.oid) || ' valid ' || c.convalidated
		from pg_constraint c left join ours o on o.oid = c.conrelid where o.oid is not null or c.contypid <> 0 and c.connamespace = 'public'::regnamespace
	union all
	select 'index ' || pg_get_indexdef(oid) from ours where relkind = 'i'
	union all
	select 'view ' || name || ' ' || pg_get_viewdef(oid) from ours where relkind in ('v', 'm')
	union all
	select 'trigger ' || o.name || ' ' || pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text from ours o join pg_trigger t on t.tgrelid = o.oid where not t.tgisinternal
	union all
	select 'policy ' || o.name || ' ' || p.polname || ' ' || p.polcmd::text || ' ' || coalesce(pg_get_expr(p.polqual, p.polrelid), '') from ours o join pg_policy p on p.polrelid = o.oid
	union all
	select 'function ' || pg_get_functiondef(p.oid) || ' rights ' || coalesce(p.proacl::text, '')
		from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prokind in ('f', 'p')
		and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
	union all
	select 'enum ' || t.typname || ' ' || string_agg(e.enumlabel, ' ' order by e.enumsortorder) from pg_type t join pg_enum e on e.enumtypid = t.oid group by t.typname
	union all
	select 'type ' || t.typname || ' ' || t.typtype::text || ' ' || coalesce(t.typdefault, '') || ' ' || t.typnotnull from pg_type t
		where t.typnamespace = 'public'::regnamespace and t.typtype in ('e', 'd')
	union all
	select 'comment ' || o.name || ' ' || d.objsubid || ' ' || d.description from ours o join pg_description d on d.objoid = o.oid and d.classoid = 'pg_class'::regclass
	union all
	select 'extension ' || extname from pg_extension
) all_of_it(line) order by line`

func shapeOf(t *testing.T, url string) []string {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx) //nolint:errcheck // nothing is written
	rows, err := conn.Query(ctx, shape)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// differ fails with the lines that only one of two shapes has.
func differ(t *testing.T, what string, before, after []string) {
	t.Helper()
	count := map[string]int{}
	for _, line := range before {
		count[line]++
	}
	for _, line := range after {
		count[line]--
	}
	for line, n := range count {
		switch {
		case n > 0:
			t.Errorf("%s lost: %s", what, line)
		case n < 0:
			t.Errorf("%s left behind: %s", what, line)
		}
	}
}

func TestMigrations_go_down_and_up_again_to_the_same_schema(t *testing.T) {
	t.Parallel()
	url := pgtest.NewURL(t)
	ctx := t.Context()
	whole := shapeOf(t, url)
	if len(whole) < 100 {
		t.Fatalf("the schema has only %d lines: the query is blind", len(whole))
	}
	steps, err := postgres.MigrationStatus(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	for i := range steps { // the newest step, then the newest two, …
		for range i + 1 {
			if err := postgres.MigrateDown(ctx, url); err != nil {
				t.Fatalf("%d steps down: %v", i+1, err)
			}
		}
		if i+1 == len(steps) {
			for _, line := range shapeOf(t, url) {
				if !strings.HasPrefix(line, "extension plpgsql") {
					t.Errorf("with every step taken back, there is still: %s", line)
				}
			}
		}
		if err := postgres.Migrate(ctx, url); err != nil {
			t.Fatalf("up again after %d steps down: %v", i+1, err)
		}
		differ(t, steps[len(steps)-1-i].Name+", taken back and applied again,", whole, shapeOf(t, url))
	}
}
