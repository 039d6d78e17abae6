-- An outbox of release 0.1.0 that was switched off, as SQLite dumps it.
PRAGMA page_size=1024;
PRAGMA auto_vacuum=0;
PRAGMA user_version=1;
PRAGMA application_id=0;
BEGIN TRANSACTION;
CREATE TABLE record (
  seq     INTEGER PRIMARY KEY,
  kind    TEXT    NOT NULL,
  first   INTEGER,
  windows INTEGER NOT NULL,
  rev     INTEGER NOT NULL,
  crc     INTEGER NOT NULL,
  body    TEXT    NOT NULL
);
INSERT INTO "record" VALUES(1,'lifecycle',NULL,1,0,3567587961,'{"kind":"lifecycle","boot":1,"mono":100,"at":1789992100,"event":"start","detail":{"agent":"0.1.0","clean":false,"timezone":"Asia/Shanghai"}}');
INSERT INTO "record" VALUES(2,'window',NULL,1,0,3940670673,'{"kind":"window","boot":1,"mono":100,"at":1789992100,"span":10,"counts":{"guided_tour":3,"observed_s":10,"touches":3,"wake_up":3}}');
INSERT INTO "record" VALUES(3,'window',NULL,1,0,1633327414,'{"kind":"window","boot":1,"mono":110,"at":1789992110,"span":10,"counts":{"dance.n0":2,"guided_tour":4,"observed_s":10,"touches":4,"wake_up":4}}');
INSERT INTO "record" VALUES(4,'fault',NULL,1,0,2463357714,'{"kind":"fault","boot":1,"mono":120,"at":1789992120,"state":"open","family":"network","code":"offline"}');
INSERT INTO "record" VALUES(5,'window',NULL,1,0,1714294001,'{"kind":"window","boot":1,"mono":120,"at":1789992120,"span":10,"counts":{"observed_s":10}}');
INSERT INTO "record" VALUES(6,'window',NULL,1,0,195422427,'{"kind":"window","boot":1,"mono":130,"at":1789992130,"span":10,"counts":{"guided_tour":5,"observed_s":10,"touches":5,"wake_up":5}}');
INSERT INTO "record" VALUES(7,'window',NULL,1,0,701334050,'{"kind":"window","boot":1,"mono":140,"at":1789992140,"span":10,"counts":{"observed_s":10}}');
INSERT INTO "record" VALUES(8,'window',NULL,1,0,3809617032,'{"kind":"window","boot":1,"mono":150,"at":1789992150,"span":10,"counts":{"guided_tour":6,"observed_s":10,"touches":6,"wake_up":6}}');
INSERT INTO "record" VALUES(9,'window',NULL,1,0,1676731977,'{"kind":"window","boot":1,"mono":160,"at":1789992160,"span":10,"counts":{"dance.n1":5,"guided_tour":1,"observed_s":10,"touches":1,"wake_up":1}}');
CREATE TABLE state (
  id      INTEGER PRIMARY KEY,
  kind    TEXT    NOT NULL,
  name    TEXT    NOT NULL,
  version INTEGER NOT NULL,
  crc     INTEGER NOT NULL,
  body    TEXT    NOT NULL
);
INSERT INTO "state" VALUES(1,'stream','',13,1330147928,'{"epoch":"f13528d82ea0af39","newest":9,"held":1,"sent_through":9,"boot":1,"boot_id":"boot-0","hardware":"h","clean":false,"last_seen_s":1789992160,"digests":{"total":156946425,"episode":1775687388,"window":1268097484}}');
INSERT INTO "state" VALUES(2,'total','local|guided_tour|0',13,2593657113,'{"counter":"guided_tour","value":26.0,"epoch":"life-1","carried":0.0}');
INSERT INTO "state" VALUES(3,'total','local|wake_up|0',13,2430217867,'{"counter":"wake_up","value":26.0,"epoch":"life-2","carried":0.0}');
INSERT INTO "state" VALUES(4,'total','metrics|touches',13,51966059,'{"counter":"touches","value":26.0,"epoch":"life-3","carried":0.0}');
INSERT INTO "state" VALUES(5,'episode','network|offline|',6,1775687388,'{"family":"network","code":"offline","ref":"","did":"could_not","severity":"warning","opened":4,"opened_epoch":"f13528d82ea0af39","scope":""}');
INSERT INTO "state" VALUES(6,'window','open',13,1268097484,'{"boot":1,"mono":170,"at":1789992170,"sync":"synced","span":0,"counts":{"guided_tour":7,"wake_up":7,"touches":7,"dance.n1":4}}');
CREATE TABLE witness (
  id      INTEGER PRIMARY KEY,
  kind    TEXT    NOT NULL,
  name    TEXT    NOT NULL,
  version INTEGER NOT NULL,
  crc     INTEGER NOT NULL,
  body    TEXT    NOT NULL
);
INSERT INTO "witness" VALUES(1,'witness','',1,215177965,'{"epoch":"f13528d82ea0af39","newest":32,"held":1,"sent_through":0,"boot":1,"boot_id":"boot-0","hardware":"h","clean":false,"last_seen_s":0,"digests":{}}');
COMMIT;
