-- +goose Up
-- Images of imported articles that an admin had fetched, by their content.
create table image (
  sha256     bytea primary key constraint image_sha256_length check (octet_length(sha256) = 32),
  media_type text not null constraint image_media_type check (media_type in ('image/jpeg', 'image/png', 'image/gif', 'image/webp')),
  width      int not null constraint image_width check (width > 0),
  height     int not null constraint image_height check (height > 0),
  content    bytea not null,
  at         timestamptz not null default now()
);

create type image_state as enum ('listed', 'wanted', 'kept', 'missing');

-- Every image that the text of an article names. Articles never wait for images:
-- one that is not kept here is shown as a link.
create table article_image (
  article_id bigint not null references article on delete cascade,
  address    text not null constraint article_image_address_length check (char_length(address) between 8 and 2100),
  place      int not null,                     -- in the order of the text
  state      image_state not null default 'listed',
  sha256     bytea references image,           -- of a kept one
  tries      int not null default 0,
  due_at     timestamptz,                      -- of a wanted one: not before then
  reason     text,                             -- of a missing one, in a sentence
  primary key (article_id, address),
  constraint article_image_kept_has_content check ((state = 'kept') = (sha256 is not null)),
  constraint article_image_wanted_is_due check ((state = 'wanted') = (due_at is not null))
);
create index article_image_due on article_image (due_at) where state = 'wanted';
create index article_image_wanted on article_image (address) where state = 'wanted';
create index article_image_of on article_image (sha256) where sha256 is not null;

-- +goose Down
drop table article_image;
drop type image_state;
drop table image;
