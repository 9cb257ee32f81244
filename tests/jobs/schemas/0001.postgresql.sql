CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.dispatches (
    id integer NOT NULL,
    message_id character varying NOT NULL,
    key_id character varying NOT NULL,
    webhook_id character varying,
    job_id character varying NOT NULL,
    event character varying NOT NULL,
    attempt integer NOT NULL,
    at double precision NOT NULL,
    seconds double precision NOT NULL,
    status integer,
    error character varying
);
CREATE SEQUENCE public.dispatches_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.dispatches_id_seq OWNED BY public.dispatches.id;
CREATE TABLE public.idempotency (
    key_id character varying NOT NULL,
    token character varying NOT NULL,
    body_hash character varying NOT NULL,
    job_id character varying NOT NULL,
    warnings text NOT NULL,
    created_at double precision NOT NULL
);
CREATE TABLE public.jobs (
    id character varying NOT NULL,
    key_id character varying NOT NULL,
    dialect character varying NOT NULL,
    model character varying NOT NULL,
    engine character varying NOT NULL,
    aspect_ratio character varying NOT NULL,
    duration integer NOT NULL,
    seed bigint NOT NULL,
    warnings text,
    result text,
    error text,
    callback text,
    state character varying NOT NULL,
    stage character varying DEFAULT 'queued'::character varying NOT NULL,
    progress double precision DEFAULT '0'::double precision NOT NULL,
    error_code character varying,
    price bigint NOT NULL,
    cost bigint,
    attempt integer DEFAULT 0 NOT NULL,
    lost integer DEFAULT 0 NOT NULL,
    worker character varying,
    lease_boot character varying,
    lease_until double precision,
    begun_at_boot double precision,
    moved_at_boot double precision,
    cancel boolean DEFAULT false NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    file_size bigint,
    cancel_at double precision,
    body_hash character varying,
    retry_count integer,
    unread boolean DEFAULT false NOT NULL,
    created_at double precision NOT NULL,
    started_at double precision,
    finished_at double precision,
    expires_at double precision,
    swept_at double precision
);
CREATE TABLE public.keys (
    id character varying NOT NULL,
    name character varying NOT NULL,
    hash character varying NOT NULL,
    credits bigint NOT NULL,
    scopes character varying DEFAULT 'generate'::character varying NOT NULL,
    models character varying,
    priority integer DEFAULT 0 NOT NULL,
    rate double precision,
    max_queued integer,
    max_running integer,
    served bigint DEFAULT '0'::bigint NOT NULL,
    created_at double precision NOT NULL,
    expires_at double precision,
    revoked_at double precision,
    last_used_at double precision,
    of_key character varying,
    webhook_secret character varying
);
CREATE TABLE public.leaders (
    name character varying NOT NULL,
    holder character varying NOT NULL,
    boot character varying NOT NULL,
    until double precision NOT NULL
);
CREATE TABLE public.ledger (
    id bigint NOT NULL,
    key_id character varying NOT NULL,
    job_id character varying,
    kind character varying NOT NULL,
    amount bigint NOT NULL,
    at double precision NOT NULL,
    ending integer
);
CREATE SEQUENCE public.ledger_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.ledger_id_seq OWNED BY public.ledger.id;
CREATE TABLE public.meta (
    name character varying NOT NULL,
    value character varying NOT NULL
);
CREATE TABLE public.outbox (
    id character varying NOT NULL,
    job_id character varying NOT NULL,
    key_id character varying NOT NULL,
    webhook_id character varying,
    shape character varying NOT NULL,
    event character varying NOT NULL,
    url text NOT NULL,
    host character varying NOT NULL,
    snapshot text,
    body text,
    attempt integer DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    status integer,
    error character varying,
    due_at double precision NOT NULL,
    created_at double precision NOT NULL,
    text_until double precision NOT NULL,
    delivered_at double precision,
    dead_at double precision
);
CREATE TABLE public.specs (
    job_id character varying NOT NULL,
    sources character varying,
    echo text NOT NULL,
    spec text NOT NULL
);
CREATE TABLE public.uploads (
    id character varying NOT NULL,
    key_id character varying NOT NULL,
    path character varying NOT NULL,
    name character varying NOT NULL,
    content_type character varying NOT NULL,
    size bigint NOT NULL,
    sha256 character varying NOT NULL,
    created_at double precision NOT NULL,
    expires_at double precision NOT NULL
);
CREATE TABLE public.webhooks (
    id character varying NOT NULL,
    key_id character varying NOT NULL,
    url text NOT NULL,
    types character varying NOT NULL,
    created_at double precision NOT NULL,
    updated_at double precision NOT NULL,
    inactive_at double precision
);
CREATE TABLE public.workers (
    id character varying NOT NULL,
    pid integer NOT NULL,
    engine character varying NOT NULL,
    state character varying NOT NULL,
    stage character varying DEFAULT ''::character varying NOT NULL,
    progress double precision DEFAULT '0'::double precision NOT NULL,
    seen_boot character varying NOT NULL,
    seen_until double precision NOT NULL,
    moved_at_boot double precision NOT NULL,
    started_at double precision NOT NULL
);
ALTER TABLE ONLY public.dispatches ALTER COLUMN id SET DEFAULT nextval('public.dispatches_id_seq'::regclass);
ALTER TABLE ONLY public.ledger ALTER COLUMN id SET DEFAULT nextval('public.ledger_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0001');
INSERT INTO public.dispatches VALUES (1, 'msg_855acc7f714037f67ba2ba82bf40', '503c44fa90fe', 'e4ee116b6d88253c205a71c2', '5d69a4c0c1b578c7f21e8c06ba37bd56', 'request.completed', 1, 1800003601, 0.5, 200, NULL);
INSERT INTO public.idempotency VALUES ('503c44fa90fe', 'token of swept', 'hash of swept', '5d69a4c0c1b578c7f21e8c06ba37bd56', '["heard"]', 1800000000);
INSERT INTO public.idempotency VALUES ('503c44fa90fe', 'token of completed', 'hash of completed', 'f08440419bdd7a34c938c0256f4b4212', '["heard"]', 1800000000);
INSERT INTO public.idempotency VALUES ('503c44fa90fe', 'token of failed', 'hash of failed', '98c5bb2f92751594ef472f0f00adf437', '["heard"]', 1800000000);
INSERT INTO public.idempotency VALUES ('503c44fa90fe', 'token of cancelled', 'hash of cancelled', '10171545a303c64b8263d25b1f8fa145', '["heard"]', 1800000000);
INSERT INTO public.idempotency VALUES ('503c44fa90fe', 'token of processing', 'hash of processing', '7fa95c1cb894625022c74867283b13dd', '["heard"]', 1800003601);
INSERT INTO public.jobs VALUES ('5d69a4c0c1b578c7f21e8c06ba37bd56', '503c44fa90fe', 'segmind', 'tiny', 'animatic', '16:9', 5, 7, NULL, NULL, NULL, NULL, 'COMPLETED', 'done', 1, NULL, 375000, 375000, 1, 0, NULL, NULL, NULL, 1000, 1000, false, 3, 5, NULL, 'hash of swept', 0, true, 1800000000, 1800000000, 1800000000, 1800003600, 1800003601);
INSERT INTO public.jobs VALUES ('f08440419bdd7a34c938c0256f4b4212', '503c44fa90fe', 'segmind', 'tiny', 'animatic', '16:9', 5, 7, '["heard", "a note"]', '{"path": "nowhere.mp4", "content_type": "video/mp4", "file_name": "tiny.mp4", "file_size": 5, "width": 160, "height": 90, "fps": 24.0, "frames": 121, "understood": 1.0, "stills": {"poster": {"path": "f08440419bdd7a34c938c0256f4b4212/1/11111111111111111111111111111111.jpg", "content_type": "image/jpeg", "file_size": 3}}}', NULL, '{"base": "https://video.example", "hooks": [{"url": "https://hooks.example/this", "shape": "segmind", "events": [], "prefix": "/v2"}]}', 'COMPLETED', 'done', 1, NULL, 375000, 375000, 1, 0, NULL, NULL, NULL, 1000, 1000, false, 3, 8, NULL, 'hash of completed', 0, true, 1800000000, 1800000000, 1800003601, 1802595601, NULL);
INSERT INTO public.jobs VALUES ('10171545a303c64b8263d25b1f8fa145', '503c44fa90fe', 'segmind', 'tiny', 'animatic', '16:9', 5, 7, '["heard"]', NULL, 'the job was cancelled', '{"base": "https://video.example", "hooks": [{"url": "https://hooks.example/this", "shape": "segmind", "events": [], "prefix": "/v2"}]}', 'FAILED', 'done', 0, 'cancelled', 375000, 0, 1, 0, NULL, NULL, NULL, 1000, 1000, true, 4, NULL, NULL, 'hash of cancelled', 0, true, 1800000000, 1800000000, 1800003601, 1802595601, NULL);
INSERT INTO public.jobs VALUES ('98c5bb2f92751594ef472f0f00adf437', '503c44fa90fe', 'segmind', 'tiny', 'animatic', '16:9', 5, 7, '["heard"]', NULL, 'the engine failed', '{"base": "https://video.example", "hooks": [{"url": "https://hooks.example/this", "shape": "segmind", "events": [], "prefix": "/v2"}]}', 'FAILED', 'done', 0, 'engine_failed', 375000, 0, 1, 0, NULL, NULL, NULL, 1000, 1000, false, 3, NULL, NULL, 'hash of failed', 0, true, 1800000000, 1800000000, 1800003601, 1802595601, NULL);
INSERT INTO public.jobs VALUES ('7fa95c1cb894625022c74867283b13dd', '503c44fa90fe', 'segmind', 'tiny', 'animatic', '16:9', 5, 7, '["heard"]', NULL, NULL, '{"base": "https://video.example", "hooks": [{"url": "https://hooks.example/this", "shape": "segmind", "events": [], "prefix": "/v2"}]}', 'PROCESSING', 'starting', 0, NULL, 375000, NULL, 1, 0, 'w1', 'boot-1', 4616, 4601, 4601, false, 2, NULL, NULL, 'hash of processing', 0, true, 1800003601, 1800003601, NULL, NULL, NULL);
INSERT INTO public.jobs VALUES ('ead7acaff753b4a28ab000ffd44e323b', '503c44fa90fe', 'segmind', 'tiny', 'animatic', '16:9', 5, 7, '[]', NULL, NULL, NULL, 'QUEUED', 'queued', 0, NULL, 375000, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, false, 1, NULL, NULL, NULL, NULL, false, 1800003601, NULL, NULL, NULL, NULL);
INSERT INTO public.keys VALUES ('5f0d25c84718', 'further', 'df8ada29fdb62203beeea8cf4c51e7716c534e94061ce7087d5e759822f657b5', 0, 'read', NULL, 0, NULL, NULL, NULL, 0, 1800000000, NULL, NULL, NULL, '503c44fa90fe', NULL);
INSERT INTO public.keys VALUES ('ca97f2f257c5', 'revoked', '65dcb1754b9bc25026ec20099cb250988f8a5c38eebe310bbfa419bf203b4f98', 0, 'generate', NULL, 0, NULL, NULL, NULL, 0, 1800000000, NULL, 1800000000, NULL, NULL, NULL);
INSERT INTO public.keys VALUES ('503c44fa90fe', 'owner', '1c08a00c6aa573d62cd2921a5fc12329ff684d004084e05dac3bb2bb604b42d0', 8500000, 'generate', 'tiny', 2, 60, 50, 5, 5, 1800000000, 1834560000, NULL, NULL, NULL, 'whsec_s31ZEin7UhqS6mL4uS/omSEIZBc/jsueGDJ90YVML/U=');
INSERT INTO public.leaders VALUES ('keeper', 'keeper-1', 'boot-1', 1015);
INSERT INTO public.ledger VALUES (1, '503c44fa90fe', NULL, 'grant', 10000000, 1800000000, NULL);
INSERT INTO public.ledger VALUES (2, '503c44fa90fe', '5d69a4c0c1b578c7f21e8c06ba37bd56', 'hold', -375000, 1800000000, 0);
INSERT INTO public.ledger VALUES (3, '503c44fa90fe', 'f08440419bdd7a34c938c0256f4b4212', 'hold', -375000, 1800000000, 0);
INSERT INTO public.ledger VALUES (4, '503c44fa90fe', '98c5bb2f92751594ef472f0f00adf437', 'hold', -375000, 1800000000, 0);
INSERT INTO public.ledger VALUES (5, '503c44fa90fe', '10171545a303c64b8263d25b1f8fa145', 'hold', -375000, 1800000000, 0);
INSERT INTO public.ledger VALUES (6, '503c44fa90fe', '5d69a4c0c1b578c7f21e8c06ba37bd56', 'settle', 0, 1800000000, 1);
INSERT INTO public.ledger VALUES (7, '503c44fa90fe', 'f08440419bdd7a34c938c0256f4b4212', 'settle', 0, 1800003601, 1);
INSERT INTO public.ledger VALUES (8, '503c44fa90fe', '10171545a303c64b8263d25b1f8fa145', 'release', 375000, 1800003601, 1);
INSERT INTO public.ledger VALUES (9, '503c44fa90fe', '98c5bb2f92751594ef472f0f00adf437', 'release', 375000, 1800003601, 1);
INSERT INTO public.ledger VALUES (10, '503c44fa90fe', '7fa95c1cb894625022c74867283b13dd', 'hold', -375000, 1800003601, 0);
INSERT INTO public.ledger VALUES (11, '503c44fa90fe', 'ead7acaff753b4a28ab000ffd44e323b', 'hold', -375000, 1800003601, 0);
INSERT INTO public.meta VALUES ('written', 'yes');
INSERT INTO public.outbox VALUES ('msg_9edf45bae8e3553362b9b3701eaf', '5d69a4c0c1b578c7f21e8c06ba37bd56', '503c44fa90fe', NULL, 'segmind', 'request.completed', 'https://hooks.example/this', 'hooks.example', '{"job": {"id": "5d69a4c0c1b578c7f21e8c06ba37bd56", "key_id": "503c44fa90fe", "dialect": "segmind", "model": "tiny", "state": "COMPLETED", "stage": "done", "progress": 1.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard"], "result": {"path": "nowhere.mp4", "content_type": "video/mp4", "file_name": "tiny.mp4", "file_size": 5, "width": 160, "height": 90, "fps": 24.0, "frames": 121, "understood": 1.0}, "error": null, "error_code": null, "price": 375000, "cost": 375000, "credits": 8500000, "attempt": 1, "version": 3, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800000000.0, "expires_at": 1800003600.0}, "prefix": "/v2", "echo": {"prompt": "swept"}, "base": "https://video.example"}', NULL, 0, 0, NULL, NULL, 1800000000, 1800000000, 1800090000, NULL, NULL);
INSERT INTO public.outbox VALUES ('msg_a8712b7e5b1e907de73f6179f078', 'f08440419bdd7a34c938c0256f4b4212', '503c44fa90fe', NULL, 'segmind', 'request.completed', 'https://hooks.example/this', 'hooks.example', '{"job": {"id": "f08440419bdd7a34c938c0256f4b4212", "key_id": "503c44fa90fe", "dialect": "segmind", "model": "tiny", "state": "COMPLETED", "stage": "done", "progress": 1.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard", "a note"], "result": {"path": "nowhere.mp4", "content_type": "video/mp4", "file_name": "tiny.mp4", "file_size": 5, "width": 160, "height": 90, "fps": 24.0, "frames": 121, "understood": 1.0, "stills": {"poster": {"path": "f08440419bdd7a34c938c0256f4b4212/1/11111111111111111111111111111111.jpg", "content_type": "image/jpeg", "file_size": 3}}}, "error": null, "error_code": null, "price": 375000, "cost": 375000, "credits": 8500000, "attempt": 1, "version": 3, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "/v2", "echo": {"prompt": "completed"}, "base": "https://video.example"}', NULL, 0, 0, NULL, NULL, 1800003601, 1800003601, 1802682001, NULL, NULL);
INSERT INTO public.outbox VALUES ('msg_924c39a7cb980093587b20074f96', 'f08440419bdd7a34c938c0256f4b4212', '503c44fa90fe', 'e4ee116b6d88253c205a71c2', 'segmind', 'request.completed', 'https://hooks.example/videos', 'hooks.example', '{"job": {"id": "f08440419bdd7a34c938c0256f4b4212", "key_id": "503c44fa90fe", "dialect": "segmind", "model": "tiny", "state": "COMPLETED", "stage": "done", "progress": 1.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard", "a note"], "result": {"path": "nowhere.mp4", "content_type": "video/mp4", "file_name": "tiny.mp4", "file_size": 5, "width": 160, "height": 90, "fps": 24.0, "frames": 121, "understood": 1.0, "stills": {"poster": {"path": "f08440419bdd7a34c938c0256f4b4212/1/11111111111111111111111111111111.jpg", "content_type": "image/jpeg", "file_size": 3}}}, "error": null, "error_code": null, "price": 375000, "cost": 375000, "credits": 8500000, "attempt": 1, "version": 3, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "", "echo": {"prompt": "completed"}, "base": "https://video.example"}', NULL, 0, 0, NULL, NULL, 1800003601, 1800003601, 1802682001, NULL, NULL);
INSERT INTO public.outbox VALUES ('msg_d9ce04f5235bde2ddf9bebc4a529', '10171545a303c64b8263d25b1f8fa145', '503c44fa90fe', NULL, 'segmind', 'request.failed', 'https://hooks.example/this', 'hooks.example', '{"job": {"id": "10171545a303c64b8263d25b1f8fa145", "key_id": "503c44fa90fe", "dialect": "segmind", "model": "tiny", "state": "FAILED", "stage": "done", "progress": 0.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard"], "result": null, "error": "the job was cancelled", "error_code": "cancelled", "price": 375000, "cost": 0, "credits": 8875000, "attempt": 1, "version": 4, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "/v2", "echo": {"prompt": "cancelled"}, "base": "https://video.example"}', NULL, 0, 0, NULL, NULL, 1800003601, 1800003601, 1802682001, NULL, NULL);
INSERT INTO public.outbox VALUES ('msg_f9998dafeafa76e70f47135f1c7d', '10171545a303c64b8263d25b1f8fa145', '503c44fa90fe', 'e4ee116b6d88253c205a71c2', 'segmind', 'request.failed', 'https://hooks.example/videos', 'hooks.example', '{"job": {"id": "10171545a303c64b8263d25b1f8fa145", "key_id": "503c44fa90fe", "dialect": "segmind", "model": "tiny", "state": "FAILED", "stage": "done", "progress": 0.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard"], "result": null, "error": "the job was cancelled", "error_code": "cancelled", "price": 375000, "cost": 0, "credits": 8875000, "attempt": 1, "version": 4, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "", "echo": {"prompt": "cancelled"}, "base": "https://video.example"}', NULL, 0, 0, NULL, NULL, 1800003601, 1800003601, 1802682001, NULL, NULL);
INSERT INTO public.outbox VALUES ('msg_66a58d08ac9a1ebfd173738d7bdf', '98c5bb2f92751594ef472f0f00adf437', '503c44fa90fe', NULL, 'segmind', 'request.failed', 'https://hooks.example/this', 'hooks.example', '{"job": {"id": "98c5bb2f92751594ef472f0f00adf437", "key_id": "503c44fa90fe", "dialect": "segmind", "model": "tiny", "state": "FAILED", "stage": "done", "progress": 0.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard"], "result": null, "error": "the engine failed", "error_code": "engine_failed", "price": 375000, "cost": 0, "credits": 9250000, "attempt": 1, "version": 3, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "/v2", "echo": {"prompt": "failed"}, "base": "https://video.example"}', NULL, 0, 0, NULL, NULL, 1800003601, 1800003601, 1802682001, NULL, NULL);
INSERT INTO public.outbox VALUES ('msg_1ec0f8746ff925bb8b8d91c709b6', '98c5bb2f92751594ef472f0f00adf437', '503c44fa90fe', 'e4ee116b6d88253c205a71c2', 'segmind', 'request.failed', 'https://hooks.example/videos', 'hooks.example', '{"job": {"id": "98c5bb2f92751594ef472f0f00adf437", "key_id": "503c44fa90fe", "dialect": "segmind", "model": "tiny", "state": "FAILED", "stage": "done", "progress": 0.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard"], "result": null, "error": "the engine failed", "error_code": "engine_failed", "price": 375000, "cost": 0, "credits": 9250000, "attempt": 1, "version": 3, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "", "echo": {"prompt": "failed"}, "base": "https://video.example"}', NULL, 0, 0, NULL, NULL, 1800003601, 1800003601, 1802682001, NULL, NULL);
INSERT INTO public.outbox VALUES ('msg_855acc7f714037f67ba2ba82bf40', '5d69a4c0c1b578c7f21e8c06ba37bd56', '503c44fa90fe', 'e4ee116b6d88253c205a71c2', 'segmind', 'request.completed', 'https://hooks.example/videos', 'hooks.example', NULL, '{"type": "request.completed"}', 1, 0, 200, NULL, 1800003631, 1800000000, 1800090000, 1800003601, NULL);
INSERT INTO public.specs VALUES ('f08440419bdd7a34c938c0256f4b4212', NULL, '{"prompt": "completed"}', '{"model":"tiny","prompt":"completed","aspect_ratio":"16:9","width":160,"height":90,"duration":5,"loop":false,"start_image":null,"end_image":null,"seed":7}');
INSERT INTO public.specs VALUES ('98c5bb2f92751594ef472f0f00adf437', NULL, '{"prompt": "failed"}', '{"model":"tiny","prompt":"failed","aspect_ratio":"16:9","width":160,"height":90,"duration":5,"loop":false,"start_image":null,"end_image":null,"seed":7}');
INSERT INTO public.specs VALUES ('10171545a303c64b8263d25b1f8fa145', NULL, '{"prompt": "cancelled"}', '{"model":"tiny","prompt":"cancelled","aspect_ratio":"16:9","width":160,"height":90,"duration":5,"loop":false,"start_image":null,"end_image":null,"seed":7}');
INSERT INTO public.specs VALUES ('7fa95c1cb894625022c74867283b13dd', NULL, '{"prompt": "processing"}', '{"model":"tiny","prompt":"processing","aspect_ratio":"16:9","width":160,"height":90,"duration":5,"loop":false,"start_image":null,"end_image":null,"seed":7}');
INSERT INTO public.specs VALUES ('ead7acaff753b4a28ab000ffd44e323b', '4b71948b90f866ef5a73c1d48125fa2c', '{}', '{"model":"tiny","prompt":"queued","aspect_ratio":"16:9","width":160,"height":90,"duration":5,"loop":false,"start_image":"asset:uploads/4b71948b90f866ef5a73c1d48125fa2c/00000000000000000000000000000000.png","end_image":null,"seed":7}');
INSERT INTO public.uploads VALUES ('4b71948b90f866ef5a73c1d48125fa2c', '503c44fa90fe', 'uploads/4b71948b90f866ef5a73c1d48125fa2c/00000000000000000000000000000000.png', 'fox.png', 'image/png', 5, '0000000000000000000000000000000000000000000000000000000000000000', 1800000000, 1802592000);
INSERT INTO public.webhooks VALUES ('e4ee116b6d88253c205a71c2', '503c44fa90fe', 'https://hooks.example/videos', 'PIXELFLOW', 1800000000, 1800000000, NULL);
INSERT INTO public.webhooks VALUES ('e1d14360c3916a7873291f6e', '503c44fa90fe', 'https://hooks.example/ended', 'REQUEST_FAILED', 1800000000, 1800000000, 1800000000);
INSERT INTO public.workers VALUES ('w1', 4711, 'animatic', 'busy', 'rendering', 0.25, 'boot-1', 1015, 1000, 1795378683.25358);
SELECT pg_catalog.setval('public.dispatches_id_seq', 1, true);
SELECT pg_catalog.setval('public.ledger_id_seq', 11, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.dispatches
    ADD CONSTRAINT dispatches_key PRIMARY KEY (id);
ALTER TABLE ONLY public.idempotency
    ADD CONSTRAINT idempotency_key PRIMARY KEY (key_id, token);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_key PRIMARY KEY (id);
ALTER TABLE ONLY public.keys
    ADD CONSTRAINT keys_key PRIMARY KEY (id);
ALTER TABLE ONLY public.keys
    ADD CONSTRAINT keys_unique_hash UNIQUE (hash);
ALTER TABLE ONLY public.leaders
    ADD CONSTRAINT leaders_key PRIMARY KEY (name);
ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_key PRIMARY KEY (id);
ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_unique_job_id_ending UNIQUE (job_id, ending);
ALTER TABLE ONLY public.meta
    ADD CONSTRAINT meta_key PRIMARY KEY (name);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_key PRIMARY KEY (id);
ALTER TABLE ONLY public.specs
    ADD CONSTRAINT specs_key PRIMARY KEY (job_id);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_key PRIMARY KEY (id);
ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_key PRIMARY KEY (id);
ALTER TABLE ONLY public.workers
    ADD CONSTRAINT workers_key PRIMARY KEY (id);
CREATE INDEX dispatches_by_age ON public.dispatches USING btree (at);
CREATE INDEX dispatches_by_key ON public.dispatches USING btree (key_id, id);
CREATE INDEX idempotency_by_age ON public.idempotency USING btree (created_at);
CREATE INDEX jobs_by_expiry ON public.jobs USING btree (expires_at) WHERE (swept_at IS NULL);
CREATE INDEX jobs_by_key ON public.jobs USING btree (key_id, created_at, id) WHERE (swept_at IS NULL);
CREATE INDEX jobs_completed ON public.jobs USING btree (model, duration, finished_at) WHERE ((state)::text = 'COMPLETED'::text);
CREATE INDEX jobs_history ON public.jobs USING btree (key_id, created_at, id) WHERE (swept_at IS NOT NULL);
CREATE INDEX jobs_live ON public.jobs USING btree (key_id, created_at) WHERE ((state)::text = ANY ((ARRAY['QUEUED'::character varying, 'PROCESSING'::character varying])::text[]));
CREATE INDEX jobs_unread ON public.jobs USING btree (key_id, body_hash) WHERE (unread IS TRUE);
CREATE INDEX ledger_by_key ON public.ledger USING btree (key_id);
CREATE INDEX outbox_by_age ON public.outbox USING btree (created_at);
CREATE INDEX outbox_by_job ON public.outbox USING btree (job_id);
CREATE INDEX outbox_due ON public.outbox USING btree (due_at) WHERE ((delivered_at IS NULL) AND (dead_at IS NULL));
CREATE INDEX uploads_by_expiry ON public.uploads USING btree (expires_at);
CREATE INDEX uploads_by_key ON public.uploads USING btree (key_id, created_at);
CREATE INDEX webhooks_by_key ON public.webhooks USING btree (key_id);
ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_has_key_id FOREIGN KEY (key_id) REFERENCES public.keys(id);
ALTER TABLE ONLY public.keys
    ADD CONSTRAINT keys_has_of_key FOREIGN KEY (of_key) REFERENCES public.keys(id);
ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_has_key_id FOREIGN KEY (key_id) REFERENCES public.keys(id);
ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_has_key_id FOREIGN KEY (key_id) REFERENCES public.keys(id);
ALTER TABLE ONLY public.specs
    ADD CONSTRAINT specs_has_job_id FOREIGN KEY (job_id) REFERENCES public.jobs(id);
ALTER TABLE ONLY public.uploads
    ADD CONSTRAINT uploads_has_key_id FOREIGN KEY (key_id) REFERENCES public.keys(id);
ALTER TABLE ONLY public.webhooks
    ADD CONSTRAINT webhooks_has_key_id FOREIGN KEY (key_id) REFERENCES public.keys(id);
