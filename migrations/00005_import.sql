-- +goose Up
-- What the source said when it was last imported, so that the next import can
-- tell a change at the source from a change made here.
alter table external_ref
  add column revision int,                    -- the comment's revision as last imported
  add column state    text not null default '';

-- The kind of author the source named ("member" of another site is nobody's
-- account here); null: the person's own kind.
alter table comment add column author_kind person_kind;

-- A file that waits between "what we found" and the import itself.
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

-- +goose Down
drop table upload;
alter table comment drop column author_kind;
alter table external_ref drop column state, drop column revision;
