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
    swept_at double precision,
    stages text,
    traceparent character varying
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
CREATE TABLE public.rates (
    key_id character varying NOT NULL,
    tokens double precision NOT NULL,
    counted_at_boot double precision NOT NULL
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
INSERT INTO public.alembic_version VALUES ('0003');
INSERT INTO public.dispatches VALUES (1, 'msg_c0d67db0c3e16ed4d549377f6007', '5c155a8e2f70', '2b39dc894b046caf9df2adae', 'f7080b20fd50cd0371e780a5b2a0b924', 'request.completed', 1, 1800003601, 0.5, 200, NULL);
INSERT INTO public.idempotency VALUES ('5c155a8e2f70', 'token of swept', 'hash of swept', 'f7080b20fd50cd0371e780a5b2a0b924', '["heard"]', 1800000000);
INSERT INTO public.idempotency VALUES ('5c155a8e2f70', 'token of completed', 'hash of completed', '44cc2869eb10e068a60c16dea6371e41', '["heard"]', 1800000000);
INSERT INTO public.idempotency VALUES ('5c155a8e2f70', 'token of failed', 'hash of failed', '6c36f9f34bfd6268d2efcadd613e8a51', '["heard"]', 1800000000);
INSERT INTO public.idempotency VALUES ('5c155a8e2f70', 'token of cancelled', 'hash of cancelled', '0f454da9b7b7296445d1f76a243197ec', '["heard"]', 1800000000);
INSERT INTO public.idempotency VALUES ('5c155a8e2f70', 'token of processing', 'hash of processing', '8f508546e84b3a83348165f189e4537c', '["heard"]', 1800003601);
INSERT INTO public.jobs VALUES ('f7080b20fd50cd0371e780a5b2a0b924', '5c155a8e2f70', 'segmind', 'tiny', 'animatic', '16:9', 5, 7, NULL, NULL, NULL, NULL, 'COMPLETED', 'done', 1, NULL, 375000, 375000, 1, 0, NULL, NULL, NULL, 1000, 1000, false, 3, 5, NULL, 'hash of swept', 0, true, 1800000000, 1800000000, 1800000000, 1800003600, 1800003601, NULL, NULL);
INSERT INTO public.jobs VALUES ('44cc2869eb10e068a60c16dea6371e41', '5c155a8e2f70', 'segmind', 'tiny', 'animatic', '16:9', 5, 7, '["heard", "a note"]', '{"path": "nowhere.mp4", "content_type": "video/mp4", "file_name": "tiny.mp4", "file_size": 5, "width": 160, "height": 90, "fps": 24.0, "frames": 121, "understood": 1.0, "stills": {"poster": {"path": "44cc2869eb10e068a60c16dea6371e41/1/11111111111111111111111111111111.jpg", "content_type": "image/jpeg", "file_size": 3}}}', NULL, '{"base": "https://video.example", "hooks": [{"url": "https://hooks.example/this", "shape": "segmind", "events": [], "prefix": "/v2"}]}', 'COMPLETED', 'done', 1, NULL, 375000, 375000, 1, 0, NULL, NULL, NULL, 1000, 1000, false, 3, 8, NULL, 'hash of completed', 0, true, 1800000000, 1800000000, 1800003601, 1802595601, NULL, NULL, NULL);
INSERT INTO public.jobs VALUES ('0f454da9b7b7296445d1f76a243197ec', '5c155a8e2f70', 'segmind', 'tiny', 'animatic', '16:9', 5, 7, '["heard"]', NULL, 'the job was cancelled', '{"base": "https://video.example", "hooks": [{"url": "https://hooks.example/this", "shape": "segmind", "events": [], "prefix": "/v2"}]}', 'FAILED', 'done', 0, 'cancelled', 375000, 0, 1, 0, NULL, NULL, NULL, 1000, 1000, true, 4, NULL, NULL, 'hash of cancelled', 0, true, 1800000000, 1800000000, 1800003601, 1802595601, NULL, NULL, NULL);
INSERT INTO public.jobs VALUES ('6c36f9f34bfd6268d2efcadd613e8a51', '5c155a8e2f70', 'segmind', 'tiny', 'animatic', '16:9', 5, 7, '["heard"]', NULL, 'the engine failed', '{"base": "https://video.example", "hooks": [{"url": "https://hooks.example/this", "shape": "segmind", "events": [], "prefix": "/v2"}]}', 'FAILED', 'done', 0, 'engine_failed', 375000, 0, 1, 0, NULL, NULL, NULL, 1000, 1000, false, 3, NULL, NULL, 'hash of failed', 0, true, 1800000000, 1800000000, 1800003601, 1802595601, NULL, NULL, NULL);
INSERT INTO public.jobs VALUES ('8f508546e84b3a83348165f189e4537c', '5c155a8e2f70', 'segmind', 'tiny', 'animatic', '16:9', 5, 7, '["heard"]', NULL, NULL, '{"base": "https://video.example", "hooks": [{"url": "https://hooks.example/this", "shape": "segmind", "events": [], "prefix": "/v2"}]}', 'PROCESSING', 'starting', 0, NULL, 375000, NULL, 1, 0, 'w1', 'boot-1', 4616, 4601, 4601, false, 2, NULL, NULL, 'hash of processing', 0, true, 1800003601, 1800003601, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.jobs VALUES ('bf201cc9766d37e134b6708e59e481df', '5c155a8e2f70', 'segmind', 'tiny', 'animatic', '16:9', 5, 7, '[]', NULL, NULL, NULL, 'QUEUED', 'queued', 0, NULL, 375000, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, false, 1, NULL, NULL, NULL, NULL, false, 1800003601, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.keys VALUES ('0a1ce4724169', 'further', '6a9b2af53a565978b950f901d072e827d583e6b53a85b092a26f118c2c9dccd7', 0, 'read', NULL, 0, NULL, NULL, NULL, 0, 1800000000, NULL, NULL, NULL, '5c155a8e2f70', NULL);
INSERT INTO public.keys VALUES ('2918c79af7d2', 'revoked', '45ca7900638e36e00a7d382ae2fd33299470650470426bdec682e4768bfe358c', 0, 'generate', NULL, 0, NULL, NULL, NULL, 0, 1800000000, NULL, 1800000000, NULL, NULL, NULL);
INSERT INTO public.keys VALUES ('5c155a8e2f70', 'owner', '3463650dc56c9d9ce1c6637f0cd46da05279f667238e3d16f8f0529c7f96b364', 8500000, 'generate', 'tiny', 2, 60, 50, 5, 5, 1800000000, 1834560000, NULL, NULL, NULL, 'whsec_9KtZeRFcvEOZUNKaP21onxSLfoPWpMEAFja2SBbMreI=');
INSERT INTO public.leaders VALUES ('keeper', 'keeper-1', 'boot-1', 1015);
INSERT INTO public.ledger VALUES (1, '5c155a8e2f70', NULL, 'grant', 10000000, 1800000000, NULL);
INSERT INTO public.ledger VALUES (2, '5c155a8e2f70', 'f7080b20fd50cd0371e780a5b2a0b924', 'hold', -375000, 1800000000, 0);
INSERT INTO public.ledger VALUES (3, '5c155a8e2f70', '44cc2869eb10e068a60c16dea6371e41', 'hold', -375000, 1800000000, 0);
INSERT INTO public.ledger VALUES (4, '5c155a8e2f70', '6c36f9f34bfd6268d2efcadd613e8a51', 'hold', -375000, 1800000000, 0);
INSERT INTO public.ledger VALUES (5, '5c155a8e2f70', '0f454da9b7b7296445d1f76a243197ec', 'hold', -375000, 1800000000, 0);
INSERT INTO public.ledger VALUES (6, '5c155a8e2f70', 'f7080b20fd50cd0371e780a5b2a0b924', 'settle', 0, 1800000000, 1);
INSERT INTO public.ledger VALUES (7, '5c155a8e2f70', '44cc2869eb10e068a60c16dea6371e41', 'settle', 0, 1800003601, 1);
INSERT INTO public.ledger VALUES (8, '5c155a8e2f70', '0f454da9b7b7296445d1f76a243197ec', 'release', 375000, 1800003601, 1);
INSERT INTO public.ledger VALUES (9, '5c155a8e2f70', '6c36f9f34bfd6268d2efcadd613e8a51', 'release', 375000, 1800003601, 1);
INSERT INTO public.ledger VALUES (10, '5c155a8e2f70', '8f508546e84b3a83348165f189e4537c', 'hold', -375000, 1800003601, 0);
INSERT INTO public.ledger VALUES (11, '5c155a8e2f70', 'bf201cc9766d37e134b6708e59e481df', 'hold', -375000, 1800003601, 0);
INSERT INTO public.meta VALUES ('compatible', '0001');
INSERT INTO public.meta VALUES ('written', 'yes');
INSERT INTO public.outbox VALUES ('msg_ce29dae488e01bd019170f096e01', 'f7080b20fd50cd0371e780a5b2a0b924', '5c155a8e2f70', NULL, 'segmind', 'request.completed', 'https://hooks.example/this', 'hooks.example', '{"job": {"id": "f7080b20fd50cd0371e780a5b2a0b924", "key_id": "5c155a8e2f70", "dialect": "segmind", "model": "tiny", "state": "COMPLETED", "stage": "done", "progress": 1.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard"], "result": {"path": "nowhere.mp4", "content_type": "video/mp4", "file_name": "tiny.mp4", "file_size": 5, "width": 160, "height": 90, "fps": 24.0, "frames": 121, "understood": 1.0}, "error": null, "error_code": null, "price": 375000, "cost": 375000, "credits": 8500000, "attempt": 1, "version": 3, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800000000.0, "expires_at": 1800003600.0}, "prefix": "/v2", "echo": {"prompt": "swept"}, "base": "https://video.example"}', NULL, 0, 0, NULL, NULL, 1800000000, 1800000000, 1800090000, NULL, NULL);
INSERT INTO public.outbox VALUES ('msg_b258bd9b8a39729c39f4819d5507', '44cc2869eb10e068a60c16dea6371e41', '5c155a8e2f70', NULL, 'segmind', 'request.completed', 'https://hooks.example/this', 'hooks.example', '{"job": {"id": "44cc2869eb10e068a60c16dea6371e41", "key_id": "5c155a8e2f70", "dialect": "segmind", "model": "tiny", "state": "COMPLETED", "stage": "done", "progress": 1.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard", "a note"], "result": {"path": "nowhere.mp4", "content_type": "video/mp4", "file_name": "tiny.mp4", "file_size": 5, "width": 160, "height": 90, "fps": 24.0, "frames": 121, "understood": 1.0, "stills": {"poster": {"path": "44cc2869eb10e068a60c16dea6371e41/1/11111111111111111111111111111111.jpg", "content_type": "image/jpeg", "file_size": 3}}}, "error": null, "error_code": null, "price": 375000, "cost": 375000, "credits": 8500000, "attempt": 1, "version": 3, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "/v2", "echo": {"prompt": "completed"}, "base": "https://video.example"}', NULL, 0, 0, NULL, NULL, 1800003601, 1800003601, 1802682001, NULL, NULL);
INSERT INTO public.outbox VALUES ('msg_36af1a039c39cf65c0f57bd0713f', '44cc2869eb10e068a60c16dea6371e41', '5c155a8e2f70', '2b39dc894b046caf9df2adae', 'segmind', 'request.completed', 'https://hooks.example/videos', 'hooks.example', '{"job": {"id": "44cc2869eb10e068a60c16dea6371e41", "key_id": "5c155a8e2f70", "dialect": "segmind", "model": "tiny", "state": "COMPLETED", "stage": "done", "progress": 1.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard", "a note"], "result": {"path": "nowhere.mp4", "content_type": "video/mp4", "file_name": "tiny.mp4", "file_size": 5, "width": 160, "height": 90, "fps": 24.0, "frames": 121, "understood": 1.0, "stills": {"poster": {"path": "44cc2869eb10e068a60c16dea6371e41/1/11111111111111111111111111111111.jpg", "content_type": "image/jpeg", "file_size": 3}}}, "error": null, "error_code": null, "price": 375000, "cost": 375000, "credits": 8500000, "attempt": 1, "version": 3, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "", "echo": {"prompt": "completed"}, "base": "https://video.example"}', NULL, 0, 0, NULL, NULL, 1800003601, 1800003601, 1802682001, NULL, NULL);
INSERT INTO public.outbox VALUES ('msg_01b54b8e070128bf995df9023e97', '0f454da9b7b7296445d1f76a243197ec', '5c155a8e2f70', NULL, 'segmind', 'request.failed', 'https://hooks.example/this', 'hooks.example', '{"job": {"id": "0f454da9b7b7296445d1f76a243197ec", "key_id": "5c155a8e2f70", "dialect": "segmind", "model": "tiny", "state": "FAILED", "stage": "done", "progress": 0.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard"], "result": null, "error": "the job was cancelled", "error_code": "cancelled", "price": 375000, "cost": 0, "credits": 8875000, "attempt": 1, "version": 4, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "/v2", "echo": {"prompt": "cancelled"}, "base": "https://video.example"}', NULL, 0, 0, NULL, NULL, 1800003601, 1800003601, 1802682001, NULL, NULL);
INSERT INTO public.outbox VALUES ('msg_6aff81b08a8d20780011970b2d19', '0f454da9b7b7296445d1f76a243197ec', '5c155a8e2f70', '2b39dc894b046caf9df2adae', 'segmind', 'request.failed', 'https://hooks.example/videos', 'hooks.example', '{"job": {"id": "0f454da9b7b7296445d1f76a243197ec", "key_id": "5c155a8e2f70", "dialect": "segmind", "model": "tiny", "state": "FAILED", "stage": "done", "progress": 0.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard"], "result": null, "error": "the job was cancelled", "error_code": "cancelled", "price": 375000, "cost": 0, "credits": 8875000, "attempt": 1, "version": 4, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "", "echo": {"prompt": "cancelled"}, "base": "https://video.example"}', NULL, 0, 0, NULL, NULL, 1800003601, 1800003601, 1802682001, NULL, NULL);
INSERT INTO public.outbox VALUES ('msg_8592429444f3cd62fd197e6e0814', '6c36f9f34bfd6268d2efcadd613e8a51', '5c155a8e2f70', NULL, 'segmind', 'request.failed', 'https://hooks.example/this', 'hooks.example', '{"job": {"id": "6c36f9f34bfd6268d2efcadd613e8a51", "key_id": "5c155a8e2f70", "dialect": "segmind", "model": "tiny", "state": "FAILED", "stage": "done", "progress": 0.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard"], "result": null, "error": "the engine failed", "error_code": "engine_failed", "price": 375000, "cost": 0, "credits": 9250000, "attempt": 1, "version": 3, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "/v2", "echo": {"prompt": "failed"}, "base": "https://video.example"}', NULL, 0, 0, NULL, NULL, 1800003601, 1800003601, 1802682001, NULL, NULL);
INSERT INTO public.outbox VALUES ('msg_ad597b41331671d04e3274a3b258', '6c36f9f34bfd6268d2efcadd613e8a51', '5c155a8e2f70', '2b39dc894b046caf9df2adae', 'segmind', 'request.failed', 'https://hooks.example/videos', 'hooks.example', '{"job": {"id": "6c36f9f34bfd6268d2efcadd613e8a51", "key_id": "5c155a8e2f70", "dialect": "segmind", "model": "tiny", "state": "FAILED", "stage": "done", "progress": 0.0, "seed": 7, "duration": 5, "aspect_ratio": "16:9", "warnings": ["heard"], "result": null, "error": "the engine failed", "error_code": "engine_failed", "price": 375000, "cost": 0, "credits": 9250000, "attempt": 1, "version": 3, "unread": true, "created_at": 1800000000.0, "started_at": 1800000000.0, "finished_at": 1800003601.0, "expires_at": 1802595601.0}, "prefix": "", "echo": {"prompt": "failed"}, "base": "https://video.example"}', NULL, 0, 0, NULL, NULL, 1800003601, 1800003601, 1802682001, NULL, NULL);
INSERT INTO public.outbox VALUES ('msg_c0d67db0c3e16ed4d549377f6007', 'f7080b20fd50cd0371e780a5b2a0b924', '5c155a8e2f70', '2b39dc894b046caf9df2adae', 'segmind', 'request.completed', 'https://hooks.example/videos', 'hooks.example', NULL, '{"type": "request.completed"}', 1, 0, 200, NULL, 1800003631, 1800000000, 1800090000, 1800003601, NULL);
INSERT INTO public.rates VALUES ('5c155a8e2f70', 1.5, 1000);
INSERT INTO public.specs VALUES ('44cc2869eb10e068a60c16dea6371e41', NULL, '{"prompt": "completed"}', '{"model":"tiny","prompt":"completed","aspect_ratio":"16:9","width":160,"height":90,"duration":5,"loop":false,"start_image":null,"end_image":null,"seed":7}');
INSERT INTO public.specs VALUES ('6c36f9f34bfd6268d2efcadd613e8a51', NULL, '{"prompt": "failed"}', '{"model":"tiny","prompt":"failed","aspect_ratio":"16:9","width":160,"height":90,"duration":5,"loop":false,"start_image":null,"end_image":null,"seed":7}');
INSERT INTO public.specs VALUES ('0f454da9b7b7296445d1f76a243197ec', NULL, '{"prompt": "cancelled"}', '{"model":"tiny","prompt":"cancelled","aspect_ratio":"16:9","width":160,"height":90,"duration":5,"loop":false,"start_image":null,"end_image":null,"seed":7}');
INSERT INTO public.specs VALUES ('8f508546e84b3a83348165f189e4537c', NULL, '{"prompt": "processing"}', '{"model":"tiny","prompt":"processing","aspect_ratio":"16:9","width":160,"height":90,"duration":5,"loop":false,"start_image":null,"end_image":null,"seed":7}');
INSERT INTO public.specs VALUES ('bf201cc9766d37e134b6708e59e481df', '96c6332ebed667b0994def9c256e0314', '{}', '{"model":"tiny","prompt":"queued","aspect_ratio":"16:9","width":160,"height":90,"duration":5,"loop":false,"start_image":"asset:uploads/96c6332ebed667b0994def9c256e0314/00000000000000000000000000000000.png","end_image":null,"seed":7}');
INSERT INTO public.uploads VALUES ('96c6332ebed667b0994def9c256e0314', '5c155a8e2f70', 'uploads/96c6332ebed667b0994def9c256e0314/00000000000000000000000000000000.png', 'fox.png', 'image/png', 5, '0000000000000000000000000000000000000000000000000000000000000000', 1800000000, 1802592000);
INSERT INTO public.webhooks VALUES ('2b39dc894b046caf9df2adae', '5c155a8e2f70', 'https://hooks.example/videos', 'PIXELFLOW', 1800000000, 1800000000, NULL);
INSERT INTO public.webhooks VALUES ('7d9eec074aebd6f10c6fd87c', '5c155a8e2f70', 'https://hooks.example/ended', 'REQUEST_FAILED', 1800000000, 1800000000, 1800000000);
INSERT INTO public.workers VALUES ('w1', 4711, 'animatic', 'busy', 'rendering', 0.25, 'boot-1', 1015, 1000, 1795384767.8590887);
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
ALTER TABLE ONLY public.rates
    ADD CONSTRAINT rates_key PRIMARY KEY (key_id);
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
CREATE INDEX jobs_by_age ON public.jobs USING btree (created_at, id);
CREATE INDEX jobs_by_end ON public.jobs USING btree (finished_at);
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
