-- +goose Up

-- A series is one objective, or one group of it.
CREATE TABLE series (
    id         INTEGER PRIMARY KEY CHECK (id > 0 AND id < 16777216),
    slo        TEXT NOT NULL,
    grp        TEXT NOT NULL,
    -- The oldest and the newest hour that has a chunk, in hours since the Unix epoch.
    first_hour INTEGER NOT NULL,
    last_hour  INTEGER NOT NULL,
    UNIQUE (slo, grp)
) STRICT;

-- A chunk is one hour of buckets of one series, packed as pkg/budget describes. Its id is
-- hour * 2^24 + series id: what is written together (the present hour of all series) lies together,
-- so that a minute of ten thousand SLOs touches hundreds of pages and not ten thousand.
CREATE TABLE chunk (
    id       INTEGER PRIMARY KEY,
    -- The revision of the ledger that wrote it last: readers ask for what is newer than they know.
    revision INTEGER NOT NULL,
    packed   BLOB NOT NULL,
    hour     INTEGER GENERATED ALWAYS AS (id >> 24) VIRTUAL,
    series   INTEGER GENERATED ALWAYS AS (id & 16777215) VIRTUAL
) STRICT;
CREATE INDEX chunk_revision ON chunk (revision);

-- The catalogue: definitions as JSON, with the Unix time in milliseconds at which they vanished.
CREATE TABLE definition (
    slo      TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    removed  INTEGER,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The state of each definition's evaluation as JSON.
CREATE TABLE status (
    slo      TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: the counters that tell a reader in one look-up whether anything changed. The revision
-- grows with every change; catalogue is the revision of the last change of definitions, statuses or problems.
CREATE TABLE head (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    revision  INTEGER NOT NULL,
    catalogue INTEGER NOT NULL,
    -- Unix time in milliseconds of the last write; 0 before the first.
    heartbeat INTEGER NOT NULL,
    -- Problems of the definition files as a JSON array.
    problems  TEXT NOT NULL
) STRICT;
INSERT INTO head (id, revision, catalogue, heartbeat, problems) VALUES (1, 1, 1, 0, '[]');
