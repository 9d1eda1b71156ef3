-- +goose Up
-- Who an imported name is at its source. Two people of one name are two; one
-- person under two names is two rows with one key. The key is "id:" and the
-- source's user id, else "mail:" and the keyed hash of the e-mail address, else
-- "name:". Null: imported before there were keys; the next import that names the
-- person gives it one. No e-mail address of an imported person is ever kept.
alter table person
  add column author_key text constraint person_author_key_length check (char_length(author_key) between 1 and 600),
  add column email_hash bytea constraint person_email_hash_length check (octet_length(email_hash) = 32),
  add column url        text constraint person_url_length check (char_length(url) <= 2000),
  add column claimed_by bigint references person,       -- the member whose these comments are
  add constraint person_only_imported_are_claimed check (kind = 'imported' or (author_key is null and email_hash is null and claimed_by is null));
drop index person_imported_once;
create unique index person_imported_once on person (source, author_key, name) where kind = 'imported' and author_key is not null;
create unique index person_imported_early on person (source, name) where kind = 'imported' and author_key is null;
create index person_claimed on person (claimed_by) where claimed_by is not null;

-- Sources that were first imported before people had keys and comments anchors.
alter table source add column early boolean not null default false;
update source set early = true;

alter table comment
  add column imported_as bigint references person,      -- of a claimed comment: under whom it was imported
  add column anchor      text constraint comment_anchor_length check (char_length(anchor) between 1 and 100);

-- The key under which e-mail addresses of imports are hashed.
insert into setting (name, value)
  values ('mail_key', encode(sha256(convert_to('hustings mail ' || gen_random_uuid() || gen_random_uuid(), 'UTF8')), 'hex'))
  on conflict do nothing;

-- A member says that an imported person's comments are theirs. Several rows of
-- person with one key are asked for together; imported_id is the one that was
-- looked at.
create table claim (
  id          bigint generated always as identity primary key,
  member_id   bigint not null references person on delete cascade,
  imported_id bigint not null references person on delete cascade,
  state       text not null default 'open' constraint claim_state check (state in ('open', 'approved', 'refused', 'undone')),
  note        text not null default '' constraint claim_note_length check (char_length(note) <= 1000),
  reason      text not null default '' constraint claim_reason_length check (char_length(reason) <= 1000),
  created_at  timestamptz not null default now(),
  decided_at  timestamptz,
  decision    bigint references audit,
  comments    int not null default 0,                   -- moved when it was approved
  constraint claim_decided_whole check ((state = 'open') = (decided_at is null) and (decided_at is null) = (decision is null))
);
create unique index claim_open_once on claim (member_id, imported_id) where state = 'open';
create index claim_waiting on claim (id) where state = 'open';
create index claim_of_imported on claim (imported_id);

-- A link that gives an imported person's comments to whoever opens it while
-- signed in, once. Only the hash of its secret is kept.
create table claim_link (
  token_hash  bytea primary key,
  imported_id bigint not null references person on delete cascade,
  member_id   bigint references person on delete cascade, -- for whom it was made; null: whoever it was given to
  created_at  timestamptz not null default now(),
  expires_at  timestamptz not null,
  used_at     timestamptz
);
create index claim_link_expiry on claim_link (expires_at);
create index claim_link_of on claim_link (imported_id);

-- +goose Down
drop table claim_link;
drop table claim;
delete from setting where name = 'mail_key';
update comment set author_id = imported_as where imported_as is not null;
alter table comment drop column anchor, drop column imported_as;
alter table source drop column early;
-- People of one name in one source become one again.
update comment c set author_id = first.id
  from person p, lateral (select min(o.id) as id from person o where o.kind = 'imported' and o.source = p.source and o.name = p.name) first
  where p.id = c.author_id and p.kind = 'imported' and p.id <> first.id;
delete from person p where p.kind = 'imported'
  and exists (select from person o where o.kind = 'imported' and o.source = p.source and o.name = p.name and o.id < p.id);
drop index person_claimed;
drop index person_imported_early;
drop index person_imported_once;
create unique index person_imported_once on person (source, name) where kind = 'imported';
alter table person drop constraint person_only_imported_are_claimed, drop column claimed_by, drop column url, drop column email_hash, drop column author_key;

