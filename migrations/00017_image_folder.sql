-- +goose Up
-- The content of an image stands in its row or, where that is null, in a folder
-- under its digest. Images are packed already: left as they are, pieces of one
-- can be read without the rest.
alter table image alter column content drop not null, alter column content set storage external, add column bytes bigint;
update image set bytes = octet_length(content), content = content || '';
alter table image alter column bytes set not null, add constraint image_bytes check (bytes > 0);
create index image_in_folder on image (sha256) where content is null;

-- +goose Down
update article_image set state = 'listed', sha256 = null where sha256 in (select sha256 from image where content is null);
delete from image where content is null;
drop index image_in_folder;
alter table image drop column bytes, alter column content set storage extended, alter column content set not null;
