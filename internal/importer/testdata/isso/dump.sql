PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE preferences (    key VARCHAR PRIMARY KEY,    value VARCHAR);
INSERT INTO preferences VALUES('session-key','0123 isn''t it');
CREATE TABLE threads (    id INTEGER PRIMARY KEY,    uri VARCHAR(256) UNIQUE,    title VARCHAR(256));
INSERT INTO threads VALUES(1,'/garden/moles/','Moles; and other diggers');
INSERT INTO threads VALUES(2,'/garden/','');
CREATE TABLE comments (    tid REFERENCES threads(id), id INTEGER PRIMARY KEY, parent INTEGER,    created FLOAT NOT NULL, modified FLOAT, mode INTEGER, remote_addr VARCHAR,    text VARCHAR, author VARCHAR, email VARCHAR, website VARCHAR,    likes INTEGER DEFAULT 0, dislikes INTEGER DEFAULT 0, voters BLOB NOT NULL, notification INTEGER NOT NULL DEFAULT 0);
INSERT INTO comments VALUES(1,1,NULL,1371730000.5,1371730100.25,1,'192.0.2.0','They don''t eat roots; they eat *worms*.','Vera','vera@mail.example',NULL,2,0,X'0002',0);
INSERT INTO comments VALUES(1,2,1,1371730200,NULL,1,'192.0.2.0',replace('First line\nSecond line\n\n<b>Bold</b> HTML','\n',char(10)),NULL,NULL,NULL,0,0,X'00',0);
INSERT INTO comments VALUES(1,3,1,1371730300.0,NULL,4,'192.0.2.0','',NULL,NULL,NULL,0,0,X'00',0);
INSERT INTO comments VALUES(1,4,3,1371730400.0,NULL,1,'192.0.2.0','Raw line
break in an old dump','Wim',NULL,NULL,0,0,X'00',0);
INSERT INTO comments VALUES(2,5,NULL,1371730500.0,NULL,2,'192.0.2.0',unistr('Waiting\u000awith a tab\u0009'),'Xan',NULL,NULL,0,0,X'00',0);
CREATE TRIGGER remove_stale_threads AFTER DELETE ON comments BEGIN     DELETE FROM threads WHERE id NOT IN (SELECT tid FROM comments); END;
COMMIT;
