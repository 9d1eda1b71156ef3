-- +goose Up
-- The audit: one gapless, hash-chained row for every act on other people's
-- content or rights, imports and settings. The application's role may read it
-- and call audit_append; it has no right to insert, change or delete.
create table audit (
  seq          bigint primary key,
  at           timestamptz not null,
  actor_kind   text not null constraint audit_actor_kind check (actor_kind in ('person', 'system')),
  actor_id     bigint,
  action       text not null,
  subject_kind text not null,
  subject_id   bigint,
  article_id   bigint,
  reason       text,
  note         text not null default '',    -- may be shown in the public log
  undoes       bigint references audit,
  detail       jsonb not null default '{}',
  prev_hash    bytea not null,
  hash         bytea not null
);
create index audit_of_subject on audit (subject_kind, subject_id, seq desc);
create index audit_of_article on audit (article_id, seq desc) where article_id is not null;

create table audit_head (
  one  boolean primary key default true constraint audit_head_is_one_row check (one),
  seq  bigint not null,
  hash bytea not null
);
insert into audit_head (seq, hash) values (0, sha256('hustings'));

-- +goose StatementBegin
create function audit_hash(prev bytea, seq bigint, at timestamptz, actor_kind text, actor_id bigint, action text,
  subject_kind text, subject_id bigint, article_id bigint, reason text, note text, undoes bigint, detail jsonb)
returns bytea language sql immutable set search_path = pg_catalog as $$
  select sha256(prev || convert_to(jsonb_build_array(seq, (extract(epoch from at) * 1000000)::bigint, actor_kind, actor_id,
    action, subject_kind, subject_id, article_id, reason, note, undoes, detail)::text, 'UTF8'))
$$;
-- +goose StatementEnd

-- The lock on the head row orders the writers, so sequence and chain have no
-- gaps whatever the number of clients (an identity column would draw numbers
-- before the lock).
-- +goose StatementBegin
create function audit_append(p_actor_id bigint, p_action text, p_subject_kind text, p_subject_id bigint,
  p_article_id bigint, p_reason text, p_note text, p_undoes bigint, p_detail jsonb)
returns bigint language plpgsql security definer set search_path = public, pg_temp as $$
declare
  head audit_head;
  moment timestamptz := clock_timestamp();
  kind text := case when p_actor_id is null then 'system' else 'person' end;
  digest bytea;
begin
  select * into head from audit_head for update;
  digest := audit_hash(head.hash, head.seq + 1, moment, kind, p_actor_id, p_action, p_subject_kind, p_subject_id,
    p_article_id, p_reason, coalesce(p_note, ''), p_undoes, coalesce(p_detail, '{}'));
  insert into audit (seq, at, actor_kind, actor_id, action, subject_kind, subject_id, article_id, reason, note, undoes, detail, prev_hash, hash)
  values (head.seq + 1, moment, kind, p_actor_id, p_action, p_subject_kind, p_subject_id, p_article_id, p_reason,
    coalesce(p_note, ''), p_undoes, coalesce(p_detail, '{}'), head.hash, digest);
  update audit_head set seq = head.seq + 1, hash = digest;
  return head.seq + 1;
end $$;
-- +goose StatementEnd
revoke execute on function audit_append from public;

alter table comment add constraint comment_removal_audited foreign key (removal) references audit;
alter table comment add constraint comment_branch_removal_audited foreign key (branch_removal) references audit;

create table report (
  id          bigint generated always as identity primary key,
  comment_id  bigint not null references comment on delete cascade,
  article_id  bigint not null,
  reporter_id bigint references person,      -- null: somebody without an account
  reason      text not null,
  note        text not null default '' constraint report_note_length check (char_length(note) <= 2000),
  created_at  timestamptz not null default now(),
  closed_at   timestamptz,
  outcome     text constraint report_outcome check (outcome in ('removed', 'kept')),
  closed_by   bigint references audit,
  constraint report_closed_whole check ((closed_at is null) = (outcome is null))
);
create index report_open on report (comment_id) where closed_at is null;
create unique index report_once on report (comment_id, reporter_id) where closed_at is null and reporter_id is not null;

-- Are there marks above (or on) a comment? Marks are rare, so the usual answer
-- costs one look at a partial index; otherwise the path is followed upwards in
-- hops of 64 levels.
-- +goose StatementBegin
create function branch_marks(p_article bigint, p_comment bigint, out removed boolean, out locked boolean)
language plpgsql stable set search_path = public, pg_temp as $$
begin
  removed := false;
  locked := false;
  if not exists (select from comment m where m.article_id = p_article and (m.branch_removed or m.branch_locked)) then
    return;
  end if;
  with recursive hop(id) as (
    select p_comment
    union all
    select p.ancestor from hop join comment_path p on p.descendant = hop.id and p.depth = 64
  )
  select coalesce(bool_or(m.branch_removed), false), coalesce(bool_or(m.branch_locked), false)
  into removed, locked
  from hop
  join comment_path p on p.descendant = hop.id
  join comment m on m.id = p.ancestor and (m.branch_removed or m.branch_locked) and m.article_id = p_article;
end $$;
-- +goose StatementEnd

-- The one rule of visibility for lists that are not trees (feeds, people's
-- pages, the API's single comment): what anybody may see.
-- +goose StatementBegin
create function comment_public(c comment) returns boolean
language sql stable set search_path = public, pg_temp as $$
  select c.state = 'published' and c.kind <> 'placeholder'
    and not (branch_marks(c.article_id, c.id)).removed
    and exists (select from article a where a.id = c.article_id and a.state = 'published')
$$;
-- +goose StatementEnd

-- +goose Down
drop function comment_public(comment);
drop function branch_marks(bigint, bigint);
drop table report;
alter table comment drop constraint comment_removal_audited;
alter table comment drop constraint comment_branch_removal_audited;
drop function audit_append;
drop function audit_hash;
drop table audit_head;
drop table audit;
