CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR, title VARCHAR);
INSERT INTO threads VALUES(1,'/roof/','Roofs');
CREATE TABLE comments (tid REFERENCES threads(id), id INTEGER PRIMARY KEY, parent INTEGER, created FLOAT NOT NULL, modified FLOAT, mode INTEGER, remote_addr VARCHAR, text VARCHAR, author VARCHAR);
INSERT INTO comments VALUES(1,1,NULL,1371730000.0,NULL,1,'x','good','A');
INSERT INTO comments VALUES(1,2,NULL,1371730001.0,NULL,1,'x','a quote ' too many','B');
INSERT INTO comments VALUES(1,3,2,1371730002.0,NULL,1,'x','good again','C');
INSERT INTO comments VALUES(1,NULL,2,1371730002.0,NULL,1,'x','no id','C');
INSERT INTO comments VALUES(1,5,2,1371730002.0,NULL,1,'x','the file en
