-- +goose Up
-- Where a moved comment stood at first, and stands at its source: set by its
-- first move. null: it was never moved, or stands there again; 0: at the top.
alter table comment add column source_parent_id bigint;

-- What may have been lost on the way here, found by rules (internal/suggest); a
-- moderator accepts or dismisses it. A comment is asked about once for its place
-- and once as a duplicate: what was dismissed never comes again.
create table suggestion (
  id         bigint generated always as identity primary key,
  article_id bigint not null references article on delete cascade,
  comment_id bigint not null references comment on delete cascade,
  rule       text not null constraint suggestion_rule check (rule in ('reply', 'quote', 'name', 'correction', 'duplicate')),
  from_id    bigint not null,                -- what it answered when this was found; 0: the article
  target_id  bigint not null references comment on delete cascade,
  words      text not null default '',       -- the words that speak for it, as they stand in the comment
  state      text not null default 'open' constraint suggestion_state check (state in ('open', 'accepted', 'dismissed')),
  decided_by bigint references person on delete set null,
  decided_at timestamptz,
  acts       bigint[] not null default '{}', -- entries of the audit that accepting it made, in their order
  found_at   timestamptz not null default now(),
  constraint suggestion_to_an_older_one check (target_id < comment_id),
  constraint suggestion_decided_whole check ((state = 'open') = (decided_at is null))
);
create unique index suggestion_once on suggestion (comment_id, (rule = 'duplicate'));
create index suggestion_target on suggestion (target_id);
create index suggestion_of_article on suggestion (article_id, rule, id) where state = 'open';
create index suggestion_open on suggestion (id) where state = 'open';
create index suggestion_decided on suggestion (state, decided_at desc, id desc) where state <> 'open';

-- Articles that imports have changed and nobody has looked through since.
create table suggestion_due (
  article_id bigint primary key references article on delete cascade,
  at         timestamptz not null default now()
);
insert into suggestion_due (article_id)
select distinct c.article_id from external_ref r join comment c on c.id = r.local_id where r.kind = 'comment';

-- +goose Down
drop table suggestion_due;
drop table suggestion;
alter table comment drop column source_parent_id;
