-- +goose Up

-- Documents are what people and notifications say, beside what is measured: an organisation's settings, incidents,
-- alert events, acknowledgements. Small, few and independent of the buckets.
CREATE TABLE document (
    collection TEXT NOT NULL,
    id         TEXT NOT NULL,
    -- The Unix time in milliseconds that the document is about.
    at         INTEGER NOT NULL,
    -- The revision of the ledger that wrote it last: no two writes have the same.
    revision   INTEGER NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (collection, id)
) STRICT;
CREATE INDEX document_at ON document (collection, at, id);
