-- +goose Up
-- An import, from the choice of its files to its undoing. The row is both what
-- people see of it and what keeps two processes from working on it at once: a
-- run writes its token into worker and renews lease_until; whoever finds the
-- lease over, or the run's database session gone, takes the job over.
create table import_job (
  id          bigint generated always as identity primary key,
  owner_id    bigint references person on delete set null,   -- null: the shell
  shell       boolean not null default false,                -- its files are not kept here
  state       text not null default 'receiving' constraint import_job_state
              check (state in ('receiving', 'waiting', 'looking', 'found', 'applying', 'done', 'failed', 'cancelled', 'undoing', 'undone')),
  wanted      text not null default 'look' constraint import_job_wanted check (wanted in ('look', 'apply', 'undo')),
  source      text not null default '' constraint import_job_source_length check (char_length(source) <= 200),
  format      text not null default 'auto',
  zone        text not null default 'UTC',
  drafts      boolean not null default false,                -- articles come in as drafts
  fingerprint bytea,                                         -- of a command's files: the same command goes on
  worker      text,                                          -- the run that works on it; null: none
  terminal    boolean not null default false,                -- that one is somebody's at a terminal
  backend     int,                                           -- the number of its database session
  lease_until timestamptz,
  cancel      boolean not null default false,                -- the run is asked to stop
  attempts    int not null default 0,                        -- runs in a row that finished no article
  bytes       bigint not null default 0,
  bytes_of    bigint not null default 0,
  records     bigint not null default 0,
  articles    bigint not null default 0,
  articles_of bigint not null default 0,
  comments    bigint not null default 0,
  report      jsonb,                                         -- counts; the findings are below
  links       jsonb,
  undo        jsonb,                                         -- what the undoing did
  failure     text,                                          -- a sentence
  created_at  timestamptz not null default now(),
  changed_at  timestamptz not null default now(),            -- the state
  run_at      timestamptz,                                   -- begin of the run under way, or of the last one
  applied_at  timestamptz,                                   -- since then it may have changed something here
  ended_at    timestamptz,
  files_until timestamptz not null default now() + interval '1 day'
);
-- One job of the browser at a time.
create unique index import_job_one_at_a_time on import_job ((true)) where worker is not null and not terminal;
create index import_job_due on import_job (id) where state in ('waiting', 'looking', 'applying', 'undoing');
create index import_job_unfinished on import_job (fingerprint) where fingerprint is not null and state in ('applying', 'failed', 'cancelled');
create index import_job_of_person on import_job (owner_id);

-- A file of a job, or the address of one. Its content comes in pieces of one
-- MiB, so that neither side holds it in memory, and any process can read it.
create table import_file (
  job_id  bigint not null references import_job on delete cascade,
  number  int not null,                                      -- from 1, in the order of the import
  name    text not null constraint import_file_name_length check (char_length(name) between 1 and 300),
  size    bigint,                                            -- null: still being sent, or an address
  sha256  bytea,
  address text constraint import_file_address_length check (char_length(address) <= 2000),
  primary key (job_id, number)
);

create table import_chunk (
  job_id  bigint not null,
  file    int not null,
  number  int not null,                                      -- from 0
  content bytea not null constraint import_chunk_size check (octet_length(content) <= 1048576),
  primary key (job_id, file, number),
  foreign key (job_id, file) references import_file on delete cascade
);
alter table import_chunk alter column content set storage external;

-- An article that a job has finished, with its part of the report; written in
-- the article's own transaction, so that a run that goes on knows what is done.
create table import_part (
  job_id bigint not null references import_job on delete cascade,
  source text not null,
  key    text not null,
  report jsonb,
  primary key (job_id, source, key)
);

-- What was put right, left out, or changed here and at the source.
create table import_finding (
  id      bigint generated always as identity primary key,
  job_id  bigint not null references import_job on delete cascade,
  part    boolean not null,                                  -- written with an article, so a new run keeps it
  kind    text not null constraint import_finding_kind check (kind in ('refused', 'repair', 'conflict')),
  file_no int not null,
  file    text not null,
  line    bigint not null,
  col     bigint not null,
  byte    bigint not null,                                   -- from 0; 0 where it is not known
  ext_id  text not null,
  reason  text not null,
  excerpt text not null,
  ours    text not null,                                     -- of a conflict: what stands here
  comment_id bigint not null,                                -- of a conflict: its number here; 0: unknown
  -- The reason without what differs from one record to the next, and how many
  -- records are meant: readers list the first ones of a kind and count the rest.
  plain   text not null generated always as (regexp_replace(regexp_replace(regexp_replace(reason,
            '^From here on \d+ times more: ', ''), '“[^”]*”', '“…”', 'g'), '\y\d+\y', '…', 'g')) stored,
  times   int not null generated always as (coalesce(substring(reason from '^From here on (\d{1,9}) times more: ')::int, 1)) stored
);
create index import_finding_of_job on import_finding (job_id, kind, file_no, line, col, id);

-- What waited between "what we found" and the import is a job's now.
drop table upload;

-- +goose Down
create table upload (
  token_hash bytea primary key,               -- SHA-256 of the token in the form
  owner_id   bigint not null references person on delete cascade,
  name       text not null constraint upload_name_length check (char_length(name) between 1 and 300),
  source     text not null default '' constraint upload_source_length check (char_length(source) <= 200),
  sha256     bytea not null,
  content    bytea not null constraint upload_size check (octet_length(content) <= 33554432),
  at         timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '1 day'
);
create index upload_expiry on upload (expires_at);
drop table import_finding;
drop table import_part;
drop table import_chunk;
drop table import_file;
drop table import_job;
