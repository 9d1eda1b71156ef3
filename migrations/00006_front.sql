-- +goose Up
-- Articles with as many different people follow each other by date.
drop index article_top;
create index article_top on article (people desc, coalesce(published_at, created_at) desc, id desc) where state = 'published';

-- +goose Down
drop index article_top;
create index article_top on article (people desc, id desc) where state = 'published';
