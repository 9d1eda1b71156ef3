-- +goose Up
-- A feed that is looked at on schedule. What it brings are imports like any other.
create table subscription (
  id            bigint generated always as identity primary key,
  owner_id      bigint references person on delete set null,
  address       text not null constraint subscription_address_taken unique
                constraint subscription_address_length check (char_length(address) <= 2000),
  title         text not null default '',
  source        text not null default '' constraint subscription_source_length check (char_length(source) <= 200),
  drafts        boolean not null default true,            -- articles come in as drafts
  state         text not null default 'on' constraint subscription_state check (state in ('on', 'paused', 'gone')),
  next_at       timestamptz not null default now(),       -- while somebody is at it: when others may be
  every         interval not null default '1 hour',
  looked_at     timestamptz,                              -- null: not yet
  failures      int not null default 0,                   -- in a row
  said          text not null default '',                 -- the sentence about the last look, and what is in it
  said_args     jsonb not null default '[]',
  etag          text not null default '',
  last_modified text not null default '',
  digest        bytea,                                    -- of the feed as it was seen last
  api           text not null default '',                 -- root of WordPress' REST interface, where that answers
  mark          text not null default '',                 -- what its comments were then
  job_id        bigint references import_job on delete set null, -- the last import
  created_at    timestamptz not null default now()
);
create index subscription_due on subscription (next_at) where state = 'on';
create index subscription_of_person on subscription (owner_id);
create index subscription_job on subscription (job_id);

-- An article of a feed, and its feed of comments as it was seen last.
create table subscription_item (
  subscription_id bigint not null references subscription on delete cascade,
  key             text not null,
  post            bigint not null default 0,              -- its number in WordPress
  comment_feed    text not null default '',
  comments        int not null default -1,                -- as the feed counts them
  published_at    timestamptz,
  etag            text not null default '',
  last_modified   text not null default '',
  digest          bytea,
  seen_at         timestamptz not null default now(),     -- in the feed, last
  found_at        timestamptz not null default now(),
  primary key (subscription_id, key)
);

-- +goose Down
drop table subscription_item;
drop table subscription;
