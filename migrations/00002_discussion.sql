-- +goose Up
create type article_state as enum ('published', 'draft', 'private', 'scheduled');
create type article_replies as enum ('open', 'locked', 'closed');
create type comment_state as enum ('held', 'published', 'quarantined', 'removed', 'spam', 'retracted', 'erased');
create type comment_kind as enum ('comment', 'link_back', 'placeholder');
create type source_format as enum ('markdown', 'text', 'html');

create table article (
  id             bigint generated always as identity primary key,
  portable_id    text not null constraint article_portable_id_taken unique
                 constraint article_portable_id_length check (char_length(portable_id) between 1 and 200),
  slug           text not null constraint article_slug_taken unique
                 constraint article_slug_form check (slug ~ '^[^/?#[:space:][:cntrl:]]{1,200}$'),
  title          text not null constraint article_title_length check (char_length(title) between 1 and 1000),
  standfirst     text not null default '',
  author         text,                       -- byline as displayed; null: unknown
  state          article_state not null default 'published',
  replies        article_replies not null default 'open',
  source_url     text,
  body_source    text not null default '',
  body_format    source_format not null default 'html',
  body_html      text not null default '',
  body_text      text not null default '',
  policy_version int not null default 1,
  published_at   timestamptz,                -- null: unknown (imports)
  created_at     timestamptz not null default now(),
  edited_at      timestamptz,
  -- Folded from article_comment_delta; what is shown is stored + unfolded.
  comments       int not null default 0,
  revision       bigint not null default 0,
  active_at      timestamptz not null default now(),
  people         int not null default 0,     -- different people in the last 30 days
  people_at      timestamptz not null default now()
);
create index article_active on article (active_at desc, id desc) where state = 'published';
create index article_new on article (coalesce(published_at, created_at) desc, id desc) where state = 'published';
create index article_top on article (people desc, id desc) where state = 'published';
create index article_source on article (source_url) where source_url is not null;
create index article_people_stale on article (people_at) where people > 0;

create table comment (
  id             bigint generated always as identity primary key,
  article_id     bigint not null references article,
  parent_id      bigint,
  root_id        bigint not null,
  depth          int not null constraint comment_depth_from_zero check (depth >= 0),
  author_id      bigint references person,   -- null: unknown (imports)
  kind           comment_kind not null default 'comment',
  state          comment_state not null default 'published',
  branch_removed boolean not null default false,  -- this comment and all below it
  branch_locked  boolean not null default false,  -- no replies below it
  removal        bigint,                     -- audit entry that set state = removed
  branch_removal bigint,                     -- audit entry that set branch_removed
  revision       int not null default 1,
  created_at     timestamptz default now(),  -- null: unknown (imports)
  edited_at      timestamptz,
  portable_id    text not null constraint comment_portable_id_taken unique
                 constraint comment_portable_id_length check (char_length(portable_id) between 1 and 200),
  body_html      text not null,
  constraint comment_root_is_top check ((parent_id is null) = (depth = 0)),
  constraint comment_root_of_top check (parent_id is not null or root_id = id),
  constraint comment_parent_is_older check (parent_id < id),
  constraint comment_link_back_is_top check (kind <> 'link_back' or parent_id is null),
  constraint comment_placeholder_is_nameless check (kind <> 'placeholder' or author_id is null),
  constraint comment_in_article unique (article_id, id) include (parent_id, state),
  constraint comment_parent_same_article foreign key (article_id, parent_id) references comment (article_id, id)
);
create index comment_top on comment (article_id, id) where parent_id is null and kind <> 'link_back';
create index comment_link_back on comment (article_id, id) where kind = 'link_back';
create index comment_root on comment (root_id, id);
create index comment_kids on comment (parent_id, id) include (state, branch_removed) where parent_id is not null;
create index comment_recent on comment (article_id, created_at) include (author_id, root_id) where state = 'published';
create index comment_of_person on comment (author_id, id desc) where author_id is not null;
create index comment_branch_marks on comment (article_id, id) where branch_removed or branch_locked;
create index comment_held on comment (id) where state in ('held', 'quarantined');
create index comment_newest on comment (id desc) where state = 'published' and kind = 'comment';
alter table comment set (autovacuum_vacuum_insert_scale_factor = 0.02);

-- The closure table, limited to the nearest 64 levels: depth 0 is the comment
-- itself. What is further away is reached by hopping 64 levels at a time.
create table comment_path (
  descendant bigint not null references comment on delete cascade,
  depth      smallint not null constraint comment_path_window check (depth between 0 and 64),
  ancestor   bigint not null,
  article_id bigint not null,
  primary key (descendant, depth) include (ancestor),
  constraint comment_path_self check ((depth = 0) = (ancestor = descendant))
);
create index comment_path_down on comment_path (ancestor, depth, descendant);
alter table comment_path set (autovacuum_vacuum_insert_scale_factor = 0.02);

-- What was typed, in every version. The newest is revision comment.revision.
create table comment_revision (
  comment_id     bigint not null references comment on delete cascade,
  revision       int not null,
  at             timestamptz,                -- null: unknown (imports)
  source_format  source_format not null,
  source_text    text,                       -- null: the source kept none
  body_html      text not null,
  body_text      text,                       -- null only for placeholders
  policy_version int not null,
  primary key (comment_id, revision)
);

-- Every change a reader can see appends one row in its own transaction; a job
-- folds them into article. Nothing updates the article row per reply, so
-- replies to one article never wait for each other.
create table article_comment_delta (
  article_id bigint not null,
  n          int not null,                   -- change of the number of comments
  revision   int not null default 1,
  at         timestamptz not null default now()
);
create index article_comment_delta_of on article_comment_delta (article_id);
alter table article_comment_delta set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- The same form (or Idempotency-Key) sent twice answers with the first comment.
create table comment_form (
  author_id  bigint not null references person on delete cascade,
  form_key   text not null constraint comment_form_key_length check (char_length(form_key) between 1 and 200),
  comment_id bigint not null,
  at         timestamptz not null default now(),
  primary key (author_id, form_key)
);
create index comment_form_old on comment_form (at);

-- Text that waits: a reply sent by someone who has to sign in first. The
-- browser holds a random token; its SHA-256 is the key.
create table draft (
  token_hash bytea primary key,
  article_id bigint not null references article on delete cascade,
  parent_id  bigint,
  body       text not null constraint draft_body_length check (octet_length(body) <= 65536),
  at         timestamptz not null default now()
);
create index draft_old on draft (at);

-- +goose Down
drop table draft;
drop table comment_form;
drop table article_comment_delta;
drop table comment_revision;
drop table comment_path;
drop table comment;
drop table article;
drop type source_format;
drop type comment_kind;
drop type comment_state;
drop type article_replies;
drop type article_state;
