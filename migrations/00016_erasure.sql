-- +goose Up
-- What is left of somebody who was erased: keyed hashes of how a source knew
-- them, so that the next import of the same source brings no name back.
create table erased_author (
  hash  bytea primary key constraint erased_author_hash_length check (octet_length(hash) = 32),
  texts boolean not null,                    -- their texts are not to come back either
  at    timestamptz not null default now()
);

-- Comments that have lost their author, or their text too: whatever an import
-- says of them, neither comes back. They go with their comment by a trigger:
-- a foreign key would be asked for each row that is deleted.
create table erased_comment (
  comment_id bigint primary key,
  texts      boolean not null
);

-- +goose StatementBegin
create function erased_comment_go() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
  delete from erased_comment e using gone where e.comment_id = gone.id;
  return null;
end $$;
-- +goose StatementEnd
create trigger erased_comment_go after delete on comment
  referencing old table as gone for each statement execute function erased_comment_go();

-- +goose Down
drop trigger erased_comment_go on comment;
drop function erased_comment_go();
drop table erased_comment;
drop table erased_author;
