-- +goose Up
-- What a comment names (its article, its parent, its author, the acts that removed
-- it) has to be there. Foreign keys ask that row by row: half of what a comment of an
-- import cost. These triggers ask the same, and lock the same rows, once for all that a
-- statement adds.
-- "hustings check" looks at it, too.
alter table comment
  drop constraint comment_article_id_fkey,
  drop constraint comment_parent_same_article,
  drop constraint comment_author_id_fkey,
  drop constraint comment_imported_as_fkey,
  drop constraint comment_removal_audited,
  drop constraint comment_branch_removal_audited;
alter table external_ref drop constraint external_ref_source_id_fkey;

-- The newest comments of the site are found by their numbers, nearly all of which
-- count.
drop index comment_newest;

-- Asks for what is named by rows of comment: those of which a statement wrote
-- anything that names something. A parent that the same statement wrote is there.
-- +goose StatementBegin
create function comment_refers(articles bigint[], people bigint[], acts bigint[], parents bigint[], parents_of bigint[]) returns void
language plpgsql set search_path = public, pg_temp as $$
declare
  n int;
begin
  perform from article where id = any (articles) order by id for key share;
  get diagnostics n = row_count;
  if n < cardinality(articles) then
    raise foreign_key_violation using constraint = 'comment_article_there', message = 'a comment names an article that is not there';
  end if;
  perform from person where id = any (people) order by id for key share;
  get diagnostics n = row_count;
  if n < cardinality(people) then
    raise foreign_key_violation using constraint = 'comment_author_there', message = 'a comment names an author who is not there';
  end if;
  if cardinality(parents) > 0 then
    perform from comment where id = any (parents) order by id for key share;
    if exists (select from unnest(parents, parents_of) w (id, article_id)
        left join comment c on c.id = w.id where c.article_id is distinct from w.article_id) then
      raise foreign_key_violation using constraint = 'comment_parent_same_article', message = 'a comment answers one that is not in its article';
    end if;
  end if;
  if cardinality(acts) > 0 and exists (select from unnest(acts) seq where not exists (select from audit a where a.seq = seq.seq)) then
    raise foreign_key_violation using constraint = 'comment_removal_audited', message = 'a comment names an act that was not audited';
  end if;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
create function comment_added() returns trigger
language plpgsql set search_path = public, pg_temp as $$
declare
  parents bigint[];
  parents_of bigint[];
begin
  select coalesce(array_agg(p.parent_id), '{}'), coalesce(array_agg(p.article_id), '{}') into parents, parents_of
    from (select parent_id, article_id from added where parent_id is not null except select id, article_id from added) p;
  perform comment_refers(
    array(select distinct article_id from added),
    array(select author_id from added where author_id is not null union select imported_as from added where imported_as is not null),
    array(select removal from added where removal is not null union select branch_removal from added where branch_removal is not null),
    parents, parents_of);
  return null;
end $$;
-- +goose StatementEnd
create trigger comment_added after insert on comment
  referencing new table as added for each statement execute function comment_added();

-- Few updates change what a comment names, and then that of few rows.
-- +goose StatementBegin
create function comment_changed() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
  perform comment_refers(
    array(select new.article_id where new.article_id <> old.article_id),
    array(select distinct id from (values (new.author_id, old.author_id), (new.imported_as, old.imported_as)) v (id, was) where id is distinct from was and id is not null),
    array(select distinct seq from (values (new.removal, old.removal), (new.branch_removal, old.branch_removal)) v (seq, was) where seq is distinct from was and seq is not null),
    array(select new.parent_id where new.parent_id is not null), array(select new.article_id where new.parent_id is not null));
  if new.article_id <> old.article_id and exists (select from comment where parent_id = new.id and article_id <> new.article_id) then
    raise foreign_key_violation using constraint = 'comment_parent_same_article', message = 'a comment is answered in another article';
  end if;
  return null;
end $$;
-- +goose StatementEnd
create trigger comment_changed after update on comment for each row
  when ((new.article_id, new.parent_id, new.author_id, new.imported_as, new.removal, new.branch_removal)
    is distinct from (old.article_id, old.parent_id, old.author_id, old.imported_as, old.removal, old.branch_removal))
  execute function comment_changed();

-- The other way round: nothing goes that a comment names.
-- +goose StatementBegin
create function comment_named() returns trigger
language plpgsql set search_path = public, pg_temp as $$
declare
  ids bigint[] := array(select id from gone);
begin
  if tg_table_name = 'comment' and exists (select from comment where parent_id = any (ids))
    or tg_table_name = 'article' and exists (select from comment where article_id = any (ids))
    or tg_table_name = 'person' and (exists (select from comment where author_id = any (ids)) or exists (select from comment where imported_as = any (ids)))
  then
    raise foreign_key_violation using constraint = 'comment_names_' || tg_table_name, message = 'a comment still names this ' || tg_table_name;
  end if;
  return null;
end $$;
-- +goose StatementEnd
create trigger comment_named after delete on comment referencing old table as gone for each statement execute function comment_named();
create trigger comment_named after delete on article referencing old table as gone for each statement execute function comment_named();
create trigger comment_named after delete on person referencing old table as gone for each statement execute function comment_named();

-- +goose StatementBegin
create function external_ref_source() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
  if exists (select source_id from added except select id from source) then
    raise foreign_key_violation using constraint = 'external_ref_source_there', message = 'a reference names a source that is not there';
  end if;
  return null;
end $$;
-- +goose StatementEnd
create trigger external_ref_source after insert on external_ref
  referencing new table as added for each statement execute function external_ref_source();

-- An import holds its source until its references stand there: whoever deletes a
-- source comes before or after that.
-- +goose StatementBegin
create function external_ref_named() returns trigger
language plpgsql set search_path = public, pg_temp as $$
begin
  if exists (select from external_ref where source_id = old.id) then
    raise foreign_key_violation using constraint = 'external_ref_names_source', message = 'a reference still names this source';
  end if;
  return null;
end $$;
-- +goose StatementEnd
create trigger external_ref_named after delete on source for each row execute function external_ref_named();

-- +goose Down
create index comment_newest on comment (id desc) where state = 'published' and kind = 'comment';
drop trigger external_ref_named on source;
drop function external_ref_named();
drop trigger external_ref_source on external_ref;
drop function external_ref_source();
drop trigger comment_named on person;
drop trigger comment_named on article;
drop trigger comment_named on comment;
drop function comment_named();
drop trigger comment_changed on comment;
drop function comment_changed();
drop trigger comment_added on comment;
drop function comment_added();
drop function comment_refers(bigint[], bigint[], bigint[], bigint[], bigint[]);
alter table external_ref add constraint external_ref_source_id_fkey foreign key (source_id) references source;
alter table comment
  add constraint comment_article_id_fkey foreign key (article_id) references article,
  add constraint comment_parent_same_article foreign key (article_id, parent_id) references comment (article_id, id),
  add constraint comment_author_id_fkey foreign key (author_id) references person,
  add constraint comment_imported_as_fkey foreign key (imported_as) references person,
  add constraint comment_removal_audited foreign key (removal) references audit,
  add constraint comment_branch_removal_audited foreign key (branch_removal) references audit;
