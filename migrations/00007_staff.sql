-- +goose Up
-- Asked at every sign-up: whether a new name looks like one of the staff's.
create index person_staff on person (skeleton) where kind = 'member' and role <> 'reader';

-- +goose Down
drop index person_staff;
