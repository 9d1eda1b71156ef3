-- +goose Up
-- Where imported things came from. external_ref finds them again when the same
-- source is imported once more.
create table source (
  id         bigint generated always as identity primary key,
  name       text not null constraint source_name_taken unique
             constraint source_name_length check (char_length(name) between 1 and 200),
  created_at timestamptz not null default now()
);

create table external_ref (
  source_id   bigint not null references source,
  kind        text not null constraint external_ref_kind check (kind in ('article', 'comment')),
  external_id text not null constraint external_ref_id_length check (char_length(external_id) between 1 and 1000),
  local_id    bigint not null,
  digest      bytea not null,                -- of the record as last imported
  primary key (source_id, kind, external_id)
);
create index external_ref_local on external_ref (kind, local_id);

-- Old addresses that answer 301 to an article, whatever the host: the path of
-- its source address, and ?p=… where it had one.
create table redirect (
  path       text primary key constraint redirect_path_length check (char_length(path) between 2 and 2000),
  article_id bigint not null references article on delete cascade
);

-- +goose Down
drop table redirect;
drop table external_ref;
drop table source;
