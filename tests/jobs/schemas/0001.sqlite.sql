BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE dispatches (
	id INTEGER NOT NULL, 
	message_id VARCHAR NOT NULL, 
	key_id VARCHAR NOT NULL, 
	webhook_id VARCHAR, 
	job_id VARCHAR NOT NULL, 
	event VARCHAR NOT NULL, 
	attempt INTEGER NOT NULL, 
	at FLOAT NOT NULL, 
	seconds FLOAT NOT NULL, 
	status INTEGER, 
	error VARCHAR, 
	CONSTRAINT dispatches_key PRIMARY KEY (id)
);
INSERT INTO "dispatches" VALUES(1,'msg_c0176b1ebeb7a45a029b5070d0dc','5175aedee1f5',NULL,'df32810db9ef82c94c80941cc33fd6f7','request.completed',1,1800003601.0,0.5,200,NULL);
CREATE TABLE idempotency (
	key_id VARCHAR NOT NULL, 
	token VARCHAR NOT NULL, 
	body_hash VARCHAR NOT NULL, 
	job_id VARCHAR NOT NULL, 
	warnings TEXT NOT NULL, 
	created_at FLOAT NOT NULL, 
	CONSTRAINT idempotency_key PRIMARY KEY (key_id, token)
);
INSERT INTO "idempotency" VALUES('5175aedee1f5','token of swept','hash of swept','df32810db9ef82c94c80941cc33fd6f7','["heard"]',1800000000.0);
INSERT INTO "idempotency" VALUES('5175aedee1f5','token of completed','hash of completed','e01d11ea958736e934f71fd4f69472fe','["heard"]',1800000000.0);
INSERT INTO "idempotency" VALUES('5175aedee1f5','token of failed','hash of failed','ad64b1965960f8f546214b89a85dfc5a','["heard"]',1800000000.0);
INSERT INTO "idempotency" VALUES('5175aedee1f5','token of cancelled','hash of cancelled','af449e01c95f6049c834efe1dd9e94fa','["heard"]',1800000000.0);
INSERT INTO "idempotency" VALUES('5175aedee1f5','token of processing','hash of processing','19de3c21c4cad3088ec50b96f89247de','["heard"]',1800003601.0);
CREATE TABLE jobs (
	id VARCHAR NOT NULL, 
	key_id VARCHAR NOT NULL, 
	dialect VARCHAR NOT NULL, 
	model VARCHAR NOT NULL, 
	engine VARCHAR NOT NULL, 
	aspect_ratio VARCHAR NOT NULL, 
	duration INTEGER NOT NULL, 
	seed BIGINT NOT NULL, 
	warnings TEXT, 
	result TEXT, 
	error TEXT, 
	callback TEXT, 
	state VARCHAR NOT NULL, 
	stage VARCHAR DEFAULT 'queued' NOT NULL, 
	progress FLOAT DEFAULT '0' NOT NULL, 
	error_code VARCHAR, 
	price BIGINT NOT NULL, 
	cost BIGINT, 
	attempt INTEGER DEFAULT '0' NOT NULL, 
	lost INTEGER DEFAULT '0' NOT NULL, 
	worker VARCHAR, 
	lease_boot VARCHAR, 
	lease_until FLOAT, 
	begun_at_boot FLOAT, 
	moved_at_boot FLOAT, 
	cancel BOOLEAN DEFAULT 0 NOT NULL, 
	version INTEGER DEFAULT '1' NOT NULL, 
	file_size BIGINT, 
	cancel_at FLOAT, 
	body_hash VARCHAR, 
	retry_count INTEGER, 
	unread BOOLEAN DEFAULT 0 NOT NULL, 
	created_at FLOAT NOT NULL, 
	started_at FLOAT, 
	finished_at FLOAT, 
	expires_at FLOAT, 
	swept_at FLOAT, 
	CONSTRAINT jobs_key PRIMARY KEY (id), 
	CONSTRAINT jobs_has_key_id FOREIGN KEY(key_id) REFERENCES keys (id)
);
INSERT INTO "jobs" VALUES('df32810db9ef82c94c80941cc33fd6f7','5175aedee1f5','segmind','tiny','animatic','16:9',5,7,NULL,NULL,NULL,NULL,'COMPLETED','done',1.0,NULL,375000,375000,1,0,NULL,NULL,NULL,1000.0,1000.0,0,3,5,NULL,'hash of swept',0,1,1800000000.0,1800000000.0,1800000000.0,1800003600.0,1800003601.0);
INSERT INTO "jobs" VALUES('e01d11ea958736e934f71fd4f69472fe','5175aedee1f5','segmind','tiny','animatic','16:9',5,7,'["heard", "a note"]','{"path": "nowhere.mp4", "content_type": "video/mp4", "file_name": "tiny.mp4", "file_size": 5, "width": 160, "height": 90, "fps": 24.0, "frames": 121, "understood": 1.0, "stills": {"poster": {"path": "e01d11ea958736e934f71fd4f69472fe/1/11111111111111111111111111111111.jpg", "content_type": "image/jpeg", "file_size": 3}}}',NULL,'{"base": "https://video.example", "hooks": [{"url": "https://hooks.example/this", "shape": "segmind", "events": [], "prefix": "/v2"}]}','COMPLETED','done',1.0,NULL,375000,375000,1,0,NULL,NULL,NULL,1000.0,1000.0,0,3,8,NULL,'hash of completed',0,1,1800000000.0,1800000000.0,1800003601.0,1802595601.0,NULL);
INSERT INTO "jobs" VALUES('ad64b1965960f8f546214b89a85dfc5a','5175aedee1f5','segmind','tiny','animatic','16:9',5,7,'["heard"]',NULL,'the engine failed','{"base": "https://video.example", "hooks": [{"url": "https://hooks.example/this", "shape": "segmind", "events": [], "prefix": "/v2"}]}','FAILED','done',0.0,'engine_failed',375000,0,1,0,NULL,NULL,NULL,1000.0,1000.0,0,3,NULL,NULL,'hash of failed',0,1,1800000000.0,1800000000.0,1800003601.0,1802595601.0,NULL);
INSERT INTO "jobs" VALUES('af449e01c95f6049c834efe1dd9e94fa','5175aedee1f5','segmind','tiny','animatic','16:9',5,7,'["heard"]',NULL,'the job was cancelled','{"base": "https://video.example", "hooks": [{"url": "https://hooks.example/this", "shape": "segmind", "events": [], "prefix": "/v2"}]}','FAILED','done',0.0,'cancelled',375000,0,1,0,NULL,NULL,NULL,1000.0,1000.0,1,4,NULL,NULL,'hash of cancelled',0,1,1800000000.0,1800000000.0,1800003601.0,1802595601.0,NULL);
INSERT INTO "jobs" VALUES('19de3c21c4cad3088ec50b96f89247de','5175aedee1f5','segmind','tiny','animatic','16:9',5,7,'["heard"]',NULL,NULL,'{"base": "https://video.example", "hooks": [{"url": "https://hooks.example/this", "shape": "segmind", "events": [], "prefix": "/v2"}]}','PROCESSING','starting',0.0,NULL,375000,NULL,1,0,'w1','boot-1',4616.0,4601.0,4601.0,0,2,NULL,NULL,'hash of processing',0,1,1800003601.0,1800003601.0,NULL,NULL,NULL);
INSERT INTO "jobs" VALUES('5ad69e1fcfaa337b7b62fe9dfaefb076','5175aedee1f5','segmind','tiny','animatic','16:9',5,7,'[]',NULL,NULL,NULL,'QUEUED','queued',0.0,NULL,375000,NULL,0,0,NULL,NULL,NULL,NULL,NULL,0,1,NULL,NULL,NULL,NULL,0,1800003601.0,NULL,NULL,NULL,NULL);
CREATE TABLE keys (
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	hash VARCHAR NOT NULL, 
	credits BIGINT NOT NULL, 
	scopes VARCHAR DEFAULT 'generate' NOT NULL, 
	models VARCHAR, 
	priority INTEGER DEFAULT '0' NOT NULL, 
	rate FLOAT, 
	max_queued INTEGER, 
	max_running INTEGER, 
	served BIGINT DEFAULT '0' NOT NULL, 
	created_at FLOAT NOT NULL, 
	expires_at FLOAT, 
	revoked_at FLOAT, 
	last_used_at FLOAT, 
	of_key VARCHAR, 
	webhook_secret VARCHAR, 
	CONSTRAINT keys_key PRIMARY KEY (id), 
	CONSTRAINT keys_unique_hash UNIQUE (hash), 
	CONSTRAINT keys_has_of_key FOREIGN KEY(of_key) REFERENCES keys (id)
);
INSERT INTO "keys" VALUES('5175aedee1f5','owner','b2b146e9c75b1179d0af0e9029c73f7566029ec99b488202952745979e13e78c',8500000,'generate','tiny',2,60.0,50,5,5,1800000000.0,1834560000.0,NULL,NULL,NULL,'whsec_/yXQfinI6IHoB0I2JwEeknXMlvbLA2XDOqnWRZdt7L0=');
INSERT INTO "keys" VALUES('ac1f5f6a0359','further','d12ad81701b4fef7aa3014cd5d461efb5efa79c4f329184a0be8b2673fe03378',0,'read',NULL,0,NULL,NULL,NULL,0,1800000000.0,NULL,NULL,NULL,'5175aedee1f5',NULL);
INSERT INTO "keys" VALUES('b10dcff55c3b','revoked','b8630bf9a2d08dddb9a43fe9f2422f87ffbf872500ed20ef821a0d755e5ca863',0,'generate',NULL,0,NULL,NULL,NULL,0,1800000000.0,NULL,1800000000.0,NULL,NULL,NULL);
CREATE TABLE leaders (
	name VARCHAR NOT NULL, 
	holder VARCHAR NOT NULL, 
	boot VARCHAR NOT NULL, 
	until FLOAT NOT NULL, 
	CONSTRAINT leaders_key PRIMARY KEY (name)
);
INSERT INTO "leaders" VALUES('keeper','keeper-1','boot-1',1015.0);
CREATE TABLE ledger (
	id INTEGER NOT NULL, 
	key_id VARCHAR NOT NULL, 
	job_id VARCHAR, 
	kind VARCHAR NOT NULL, 
	amount BIGINT NOT NULL, 
	at FLOAT NOT NULL, 
	ending INTEGER, 
	CONSTRAINT ledger_key PRIMARY KEY (id), 
	CONSTRAINT ledger_unique_job_id_ending UNIQUE (job_id, ending), 
	CONSTRAINT ledger_has_key_id FOREIGN KEY(key_id) REFERENCES keys (id)
);
INSERT INTO "ledger" VALUES(1,'5175aedee1f5',NULL,'grant',10000000,1800000000.0,NULL);
INSERT INTO "ledger" VALUES(2,'5175aedee1f5','df32810db9ef82c94c80941cc33fd6f7','hold',-375000,1800000000.0,0);
INSERT INTO "ledger" VALUES(3,'5175aedee1f5','e01d11ea958736e934f71fd4f69472fe','hold',-375000,1800000000.0,0);
INSERT INTO "ledger" VALUES(4,'5175aedee1f5','ad64b1965960f8f546214b89a85dfc5a','hold',-375000,1800000000.0,0);
INSERT INTO "ledger" VALUES(5,'5175aedee1f5','af449e01c95f6049c834efe1dd9e94fa','hold',-375000,1800000000.0,0);
INSERT INTO "ledger" VALUES(6,'5175aedee1f5','df32810db9ef82c94c80941cc33fd6f7','settle',0,1800000000.0,1);
INSERT INTO "ledger" VALUES(7,'5175aedee1f5','e01d11ea958736e934f71fd4f69472fe','settle',0,1800003601.0,1);
INSERT INTO "ledger" VALUES(8,'5175aedee1f5','af449e01c95f6049c834efe1dd9e94fa','release',375000,1800003601.0,1);
INSERT INTO "ledger" VALUES(9,'5175aedee1f5','ad64b1965960f8f546214b89a85dfc5a','release',375000,1800003601.0,1);
INSERT INTO "ledger" VALUES(10,'5175aedee1f5','19de3c21c4cad3088ec50b96f89247de','hold',-375000,1800003601.0,0);
INSERT INTO "ledger" VALUES(11,'5175aedee1f5','5ad69e1fcfaa337b7b62fe9dfaefb076','hold',-375000,1800003601.0,0);
CREATE TABLE meta (
	name VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	CONSTRAINT meta_key PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('written','yes');
CREATE TABLE outbox (
	id VARCHAR NOT NULL, 
	job_id VARCHAR NOT NULL, 
	key_id VARCHAR NOT NULL, 
	webhook_id VARCHAR, 
	shape VARCHAR NOT NULL, 
	event VARCHAR NOT NULL, 
	url TEXT NOT NULL, 
	host VARCHAR NOT NULL, 
	snapshot TEXT, 
	body TEXT, 
	attempt INTEGER DEFAULT '0' NOT NULL, 
	failures INTEGER DEFAULT '0' NOT NULL, 
	status INTEGER, 
	error VARCHAR, 
	due_at FLOAT NOT NULL, 
	created_at FLOAT NOT NULL, 
	text_until FLOAT NOT NULL, 
	delivered_at FLOAT, 
	dead_at FLOAT, 
	CONSTRAINT outbox_key PRIMARY KEY (id), 
	CONSTRAINT outbox_has_key_id FOREIGN KEY(key_id) REFERENCES keys (id)
);
INSERT INTO "outbox" VALUES('msg_c0176b1ebeb7a45a029b5070d0dc','df32810db9ef82c94c80941cc33fd6f7','5175aedee1f5',NULL,'segmind','request.completed','https://hooks.example/this','hooks.example',NULL,'{"type": "request.completed"}',1,0,200,NULL,1800003631.0,1800000000.0,1800090000.0,1800003601.0,NULL);
INSERT INTO "outbox" VALUES('msg_d415bf625c4313accbe039b68a32','df32810db9ef82c94c80941cc33fd6f7','5175aedee1f5','199875c9d1803251848f32fa','segmind','request.completed','https://hooks.example/videos','hooks.example','{"job": {"id": "df32810db9ef82c94c80941cc33fd6f7", "key_id": "5175aedee1f5", "dialect": "segmind", "model": "tiny", "state": "COMPLETED", "stage": "done", "progress": 1.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard"], "result": {"path": "nowhere.mp4", "content_type": "video/mp4", "file_name": "tiny.mp4", "file_size": 5, "width": 160, "height": 90, "fps": 24.0, "frames": 121, "understood": 1.0}, "error": null, "error_code": null, "price": 375000, "cost": 375000, "credits": 8500000, "attempt": 1, "version": 3, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800000000.0, "expires_at": 1800003600.0}, "prefix": "", "echo": {"prompt": "swept"}, "base": "https://video.example"}',NULL,0,0,NULL,NULL,1800000000.0,1800000000.0,1800090000.0,NULL,NULL);
INSERT INTO "outbox" VALUES('msg_9949eefe43a55cd9961b0fcff142','e01d11ea958736e934f71fd4f69472fe','5175aedee1f5',NULL,'segmind','request.completed','https://hooks.example/this','hooks.example','{"job": {"id": "e01d11ea958736e934f71fd4f69472fe", "key_id": "5175aedee1f5", "dialect": "segmind", "model": "tiny", "state": "COMPLETED", "stage": "done", "progress": 1.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard", "a note"], "result": {"path": "nowhere.mp4", "content_type": "video/mp4", "file_name": "tiny.mp4", "file_size": 5, "width": 160, "height": 90, "fps": 24.0, "frames": 121, "understood": 1.0, "stills": {"poster": {"path": "e01d11ea958736e934f71fd4f69472fe/1/11111111111111111111111111111111.jpg", "content_type": "image/jpeg", "file_size": 3}}}, "error": null, "error_code": null, "price": 375000, "cost": 375000, "credits": 8500000, "attempt": 1, "version": 3, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "/v2", "echo": {"prompt": "completed"}, "base": "https://video.example"}',NULL,0,0,NULL,NULL,1800003601.0,1800003601.0,1802682001.0,NULL,NULL);
INSERT INTO "outbox" VALUES('msg_6f1a3b03ebfab3aae87fa04f3c83','e01d11ea958736e934f71fd4f69472fe','5175aedee1f5','199875c9d1803251848f32fa','segmind','request.completed','https://hooks.example/videos','hooks.example','{"job": {"id": "e01d11ea958736e934f71fd4f69472fe", "key_id": "5175aedee1f5", "dialect": "segmind", "model": "tiny", "state": "COMPLETED", "stage": "done", "progress": 1.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard", "a note"], "result": {"path": "nowhere.mp4", "content_type": "video/mp4", "file_name": "tiny.mp4", "file_size": 5, "width": 160, "height": 90, "fps": 24.0, "frames": 121, "understood": 1.0, "stills": {"poster": {"path": "e01d11ea958736e934f71fd4f69472fe/1/11111111111111111111111111111111.jpg", "content_type": "image/jpeg", "file_size": 3}}}, "error": null, "error_code": null, "price": 375000, "cost": 375000, "credits": 8500000, "attempt": 1, "version": 3, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "", "echo": {"prompt": "completed"}, "base": "https://video.example"}',NULL,0,0,NULL,NULL,1800003601.0,1800003601.0,1802682001.0,NULL,NULL);
INSERT INTO "outbox" VALUES('msg_666369bfd40821498e7dadf51cc1','af449e01c95f6049c834efe1dd9e94fa','5175aedee1f5',NULL,'segmind','request.failed','https://hooks.example/this','hooks.example','{"job": {"id": "af449e01c95f6049c834efe1dd9e94fa", "key_id": "5175aedee1f5", "dialect": "segmind", "model": "tiny", "state": "FAILED", "stage": "done", "progress": 0.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard"], "result": null, "error": "the job was cancelled", "error_code": "cancelled", "price": 375000, "cost": 0, "credits": 8875000, "attempt": 1, "version": 4, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "/v2", "echo": {"prompt": "cancelled"}, "base": "https://video.example"}',NULL,0,0,NULL,NULL,1800003601.0,1800003601.0,1802682001.0,NULL,NULL);
INSERT INTO "outbox" VALUES('msg_939bc1db58c9ad5fceffbb85ee17','af449e01c95f6049c834efe1dd9e94fa','5175aedee1f5','199875c9d1803251848f32fa','segmind','request.failed','https://hooks.example/videos','hooks.example','{"job": {"id": "af449e01c95f6049c834efe1dd9e94fa", "key_id": "5175aedee1f5", "dialect": "segmind", "model": "tiny", "state": "FAILED", "stage": "done", "progress": 0.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard"], "result": null, "error": "the job was cancelled", "error_code": "cancelled", "price": 375000, "cost": 0, "credits": 8875000, "attempt": 1, "version": 4, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "", "echo": {"prompt": "cancelled"}, "base": "https://video.example"}',NULL,0,0,NULL,NULL,1800003601.0,1800003601.0,1802682001.0,NULL,NULL);
INSERT INTO "outbox" VALUES('msg_2017ad43d798d71b91a466d157f5','ad64b1965960f8f546214b89a85dfc5a','5175aedee1f5',NULL,'segmind','request.failed','https://hooks.example/this','hooks.example','{"job": {"id": "ad64b1965960f8f546214b89a85dfc5a", "key_id": "5175aedee1f5", "dialect": "segmind", "model": "tiny", "state": "FAILED", "stage": "done", "progress": 0.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard"], "result": null, "error": "the engine failed", "error_code": "engine_failed", "price": 375000, "cost": 0, "credits": 9250000, "attempt": 1, "version": 3, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "/v2", "echo": {"prompt": "failed"}, "base": "https://video.example"}',NULL,0,0,NULL,NULL,1800003601.0,1800003601.0,1802682001.0,NULL,NULL);
INSERT INTO "outbox" VALUES('msg_83819371d29c1f6e67422c08210d','ad64b1965960f8f546214b89a85dfc5a','5175aedee1f5','199875c9d1803251848f32fa','segmind','request.failed','https://hooks.example/videos','hooks.example','{"job": {"id": "ad64b1965960f8f546214b89a85dfc5a", "key_id": "5175aedee1f5", "dialect": "segmind", "model": "tiny", "state": "FAILED", "stage": "done", "progress": 0.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard"], "result": null, "error": "the engine failed", "error_code": "engine_failed", "price": 375000, "cost": 0, "credits": 9250000, "attempt": 1, "version": 3, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "", "echo": {"prompt": "failed"}, "base": "https://video.example"}',NULL,0,0,NULL,NULL,1800003601.0,1800003601.0,1802682001.0,NULL,NULL);
CREATE TABLE specs (
	job_id VARCHAR NOT NULL, 
	sources VARCHAR, 
	echo TEXT NOT NULL, 
	spec TEXT NOT NULL, 
	CONSTRAINT specs_key PRIMARY KEY (job_id), 
	CONSTRAINT specs_has_job_id FOREIGN KEY(job_id) REFERENCES jobs (id)
);
INSERT INTO "specs" VALUES('e01d11ea958736e934f71fd4f69472fe',NULL,'{"prompt": "completed"}','{"model":"tiny","prompt":"completed","aspect_ratio":"16:9","width":160,"height":90,"duration":5,"loop":false,"start_image":null,"end_image":null,"seed":7}');
INSERT INTO "specs" VALUES('ad64b1965960f8f546214b89a85dfc5a',NULL,'{"prompt": "failed"}','{"model":"tiny","prompt":"failed","aspect_ratio":"16:9","width":160,"height":90,"duration":5,"loop":false,"start_image":null,"end_image":null,"seed":7}');
INSERT INTO "specs" VALUES('af449e01c95f6049c834efe1dd9e94fa',NULL,'{"prompt": "cancelled"}','{"model":"tiny","prompt":"cancelled","aspect_ratio":"16:9","width":160,"height":90,"duration":5,"loop":false,"start_image":null,"end_image":null,"seed":7}');
INSERT INTO "specs" VALUES('19de3c21c4cad3088ec50b96f89247de',NULL,'{"prompt": "processing"}','{"model":"tiny","prompt":"processing","aspect_ratio":"16:9","width":160,"height":90,"duration":5,"loop":false,"start_image":null,"end_image":null,"seed":7}');
INSERT INTO "specs" VALUES('5ad69e1fcfaa337b7b62fe9dfaefb076','ce584a1c94cdcd139c2610544b146915','{}','{"model":"tiny","prompt":"queued","aspect_ratio":"16:9","width":160,"height":90,"duration":5,"loop":false,"start_image":"asset:uploads/ce584a1c94cdcd139c2610544b146915/00000000000000000000000000000000.png","end_image":null,"seed":7}');
CREATE TABLE uploads (
	id VARCHAR NOT NULL, 
	key_id VARCHAR NOT NULL, 
	path VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	content_type VARCHAR NOT NULL, 
	size BIGINT NOT NULL, 
	sha256 VARCHAR NOT NULL, 
	created_at FLOAT NOT NULL, 
	expires_at FLOAT NOT NULL, 
	CONSTRAINT uploads_key PRIMARY KEY (id), 
	CONSTRAINT uploads_has_key_id FOREIGN KEY(key_id) REFERENCES keys (id)
);
INSERT INTO "uploads" VALUES('ce584a1c94cdcd139c2610544b146915','5175aedee1f5','uploads/ce584a1c94cdcd139c2610544b146915/00000000000000000000000000000000.png','fox.png','image/png',5,'0000000000000000000000000000000000000000000000000000000000000000',1800000000.0,1802592000.0);
CREATE TABLE webhooks (
	id VARCHAR NOT NULL, 
	key_id VARCHAR NOT NULL, 
	url TEXT NOT NULL, 
	types VARCHAR NOT NULL, 
	created_at FLOAT NOT NULL, 
	updated_at FLOAT NOT NULL, 
	inactive_at FLOAT, 
	CONSTRAINT webhooks_key PRIMARY KEY (id), 
	CONSTRAINT webhooks_has_key_id FOREIGN KEY(key_id) REFERENCES keys (id)
);
INSERT INTO "webhooks" VALUES('199875c9d1803251848f32fa','5175aedee1f5','https://hooks.example/videos','PIXELFLOW',1800000000.0,1800000000.0,NULL);
INSERT INTO "webhooks" VALUES('ff97f4f3a770b4e6c4cdf7b4','5175aedee1f5','https://hooks.example/ended','REQUEST_FAILED',1800000000.0,1800000000.0,1800000000.0);
CREATE TABLE workers (
	id VARCHAR NOT NULL, 
	pid INTEGER NOT NULL, 
	engine VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	stage VARCHAR DEFAULT '' NOT NULL, 
	progress FLOAT DEFAULT '0' NOT NULL, 
	seen_boot VARCHAR NOT NULL, 
	seen_until FLOAT NOT NULL, 
	moved_at_boot FLOAT NOT NULL, 
	started_at FLOAT NOT NULL, 
	CONSTRAINT workers_key PRIMARY KEY (id)
);
INSERT INTO "workers" VALUES('w1',4711,'animatic','busy','rendering',0.25,'boot-1',1015.0,1000.0,1.79537868265841889375e+09);
CREATE INDEX idempotency_by_age ON idempotency (created_at);
CREATE INDEX dispatches_by_age ON dispatches (at);
CREATE INDEX dispatches_by_key ON dispatches (key_id, id);
CREATE INDEX jobs_unread ON jobs (key_id, body_hash) WHERE unread IS 1;
CREATE INDEX jobs_completed ON jobs (model, duration, finished_at) WHERE state = 'COMPLETED';
CREATE INDEX jobs_by_expiry ON jobs (expires_at) WHERE swept_at IS NULL;
CREATE INDEX jobs_live ON jobs (key_id, created_at) WHERE state IN ('QUEUED', 'PROCESSING');
CREATE INDEX jobs_by_key ON jobs (key_id, created_at, id) WHERE swept_at IS NULL;
CREATE INDEX jobs_history ON jobs (key_id, created_at, id) WHERE swept_at IS NOT NULL;
CREATE INDEX ledger_by_key ON ledger (key_id);
CREATE INDEX uploads_by_key ON uploads (key_id, created_at);
CREATE INDEX uploads_by_expiry ON uploads (expires_at);
CREATE INDEX webhooks_by_key ON webhooks (key_id);
CREATE INDEX outbox_by_job ON outbox (job_id);
CREATE INDEX outbox_due ON outbox (due_at) WHERE delivered_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_by_age ON outbox (created_at);
COMMIT;
