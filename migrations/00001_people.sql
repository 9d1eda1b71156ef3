-- +goose Up
create type person_kind as enum ('member', 'imported', 'guest');
create type person_role as enum ('reader', 'moderator', 'admin');

-- Who wrote something: an account here (member), or a name that came with an
-- import and cannot sign in (imported). The displayed name is kept verbatim;
-- the handle, used in /people/{handle}, is unique.
create table person (
  id            bigint generated always as identity primary key,
  kind          person_kind not null,
  role          person_role not null default 'reader',
  name          text not null constraint person_name_length check (char_length(name) between 1 and 200),
  handle        text not null constraint person_handle_taken unique,
  skeleton      text,                 -- confusable-free form of a member's name
  email         text constraint person_email_length check (char_length(email) <= 254),
  password_hash text,
  source        text,                 -- imported: the source the name came from
  created_at    timestamptz not null default now(),
  constraint person_only_members_sign_in check (kind = 'member' or (password_hash is null and role = 'reader')),
  constraint person_imported_has_source check ((kind = 'imported') = (source is not null))
);
create unique index person_name_taken on person (skeleton) where kind = 'member';
create unique index person_email_taken on person (lower(email)) where kind = 'member' and email is not null;
create unique index person_imported_once on person (source, name) where kind = 'imported';

-- A signed-in browser. The cookie holds a random token; only its SHA-256 is
-- kept, so a copied table opens nothing. Deleting the row signs out at once.
create table session (
  token_hash bytea primary key,
  person_id  bigint not null references person on delete cascade,
  created_at timestamptz not null default now(),
  seen_at    timestamptz not null default now(),
  expires_at timestamptz not null,
  user_agent text not null default ''
);
create index session_of_person on session (person_id, seen_at desc);
create index session_expiry on session (expires_at);

-- An API token of an account; again only the SHA-256 is kept.
create table token (
  token_hash bytea primary key,
  person_id  bigint not null references person on delete cascade,
  label      text not null default '',
  created_at timestamptz not null default now(),
  used_at    timestamptz
);
create index token_of_person on token (person_id);

-- Rate limits (generic cell rate algorithm): one instant per key. Unlogged:
-- after a crash of the database everyone starts with a clean slate.
create unlogged table rate_bucket (
  key  text primary key,
  full_at timestamptz not null        -- when the allowance will be whole again
);
create index rate_bucket_old on rate_bucket (full_at);

-- Values the site keeps for itself, such as the generated session key.
create table setting (
  name  text primary key,
  value text not null
);

-- +goose Down
drop table setting;
drop table rate_bucket;
drop table token;
drop table session;
drop table person;
drop type person_role;
drop type person_kind;
