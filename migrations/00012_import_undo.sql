-- +goose Up
-- Which job of an import made a row; null: written here, or imported before
-- jobs were noted. It costs nothing else where rows are many; what an import
-- overwrites is rare and stands in the tables below, by job.
alter table article add column made_by bigint;
alter table comment add column made_by bigint;
alter table comment_revision add column made_by bigint;  -- of later versions than the first

-- The articles that a job made or changed, and what undoing it did to them. n is
-- the order in which jobs came to an article, here and below: what a later one
-- overwrote is not restored but handed to it.
create table import_touch (
  job_id      bigint not null references import_job on delete cascade,
  article_id  bigint not null,
  n           bigint generated always as identity,
  source_id   bigint not null,
  before      jsonb,                         -- the article's row, where its text or state was overwritten
  text        boolean not null default false,
  state       boolean not null default false,
  gave_text   text not null default '',      -- digest of the text that the job left
  gave_state  text not null default '',      -- and its state, as external_ref notes it
  active_at   timestamptz,                   -- before; null: the job made the article
  active_to   timestamptz,                   -- as the job left it
  redirects   text[] not null default '{}',  -- old addresses that the job added
  undone_at   timestamptz,
  outcome     jsonb,
  primary key (job_id, article_id)
);
create index import_touch_article on import_touch (article_id, n);

-- Comments that a job overwrote, as they were. Their texts are in the revisions.
create table import_before (
  comment_id bigint not null references comment on delete cascade,
  job_id     bigint not null references import_job on delete cascade,
  n          bigint generated always as identity,
  article_id bigint not null,
  before     jsonb not null,
  revised    boolean not null,               -- text, author and dates
  restated   boolean not null,               -- state and marks
  gave       int,                            -- the revision that the job made
  gave_state text not null,                  -- the state that it gave
  primary key (comment_id, job_id)
);
create index import_before_article on import_before (article_id, job_id);

-- What was noted of a source before a job noted something else; null: nothing.
create table import_ref_before (
  source_id   bigint not null references source,
  kind        text not null,
  external_id text not null,
  job_id      bigint not null references import_job on delete cascade,
  article_id  bigint not null,
  was         jsonb,
  primary key (source_id, kind, external_id, job_id)
);
create index import_ref_before_article on import_ref_before (article_id, job_id);

-- Who wanted it undone; null: nobody, or the shell.
alter table import_job add column undone_by bigint references person on delete set null;

-- Asked when an imported person is deleted.
create index comment_imported_as on comment (imported_as) where imported_as is not null;

-- Statistics of what imports fill and undoing empties: without them the planner
-- looks through a whole article for each of its comments. Only the owner may
-- take them.
-- +goose StatementBegin
create function analyze_discussions() returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  analyze comment, comment_path, comment_revision, external_ref, person, import_touch, import_before, import_ref_before;
end $$;
-- +goose StatementEnd

-- +goose Down
drop function analyze_discussions;
drop index comment_imported_as;
alter table import_job drop column undone_by;
drop table import_ref_before;
drop table import_before;
drop table import_touch;
alter table comment_revision drop column made_by;
alter table comment drop column made_by;
alter table article drop column made_by;
