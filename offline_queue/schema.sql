-- The outbox, version 2; `migrations/` brings a store of an earlier version here. Times are milliseconds since the epoch; texts of time are RFC 3339.

CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,                -- order of arrival
    id TEXT NOT NULL UNIQUE,                -- client_ref and Idempotency-Key
    procedure_code TEXT NOT NULL,
    created_at TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'sending', 'delivered', 'rejected', 'closed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    not_taken INTEGER NOT NULL DEFAULT 0,   -- up to this attempt it is certain that none has arrived
    changed_at INTEGER NOT NULL DEFAULT 0,  -- the last time that its state changed
    due INTEGER NOT NULL DEFAULT 0,         -- pending: when to try; sending: when the lease ends; 0: now, whatever the clock
    replaces TEXT NOT NULL DEFAULT '',      -- id of the rejected entry that this one corrects
    provisional_code TEXT NOT NULL DEFAULT '',
    official_code TEXT NOT NULL DEFAULT '',
    receipt TEXT,                           -- JSON
    problems TEXT NOT NULL DEFAULT '[]',    -- JSON
    last_error TEXT NOT NULL DEFAULT '',
    digest BLOB NOT NULL,                   -- of the content: still tells "the same again" when the payload is purged
    payload TEXT                            -- JSON; NULL once delivered or returned
) STRICT;
CREATE INDEX entries_due ON entries (due, seq) WHERE state IN ('pending', 'sending');
CREATE INDEX entries_state ON entries (state, seq);
-- `due` of what has ended: since when it is kept, by the province's clock; 0: no look has found it yet
CREATE INDEX entries_settled ON entries (due) WHERE state IN ('delivered', 'closed');
CREATE INDEX entries_provisional ON entries (provisional_code) WHERE provisional_code <> '';
CREATE INDEX entries_official ON entries (official_code) WHERE official_code <> '';

CREATE TABLE attachments (
    entry INTEGER NOT NULL REFERENCES entries (seq),
    number INTEGER NOT NULL,
    component TEXT NOT NULL,
    title TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    pages INTEGER NOT NULL,
    copy_type TEXT NOT NULL,
    PRIMARY KEY (entry, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachments_sha256 ON attachments (sha256);

-- where an upload goes on after a broken line or a restart
CREATE TABLE uploads (
    entry_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    url TEXT NOT NULL,
    PRIMARY KEY (entry_id, sha256)
) STRICT, WITHOUT ROWID;

-- counted as they come and go: counting 100,000 rows for a status bar takes longer than sending one
CREATE TABLE totals (state TEXT PRIMARY KEY, entries INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO totals VALUES ('pending', 0), ('sending', 0), ('delivered', 0), ('rejected', 0), ('closed', 0);
CREATE TRIGGER entry_added AFTER INSERT ON entries BEGIN
    UPDATE totals SET entries = entries + 1 WHERE state = NEW.state;
END;
CREATE TRIGGER entry_moved AFTER UPDATE OF state ON entries WHEN NEW.state <> OLD.state BEGIN
    UPDATE totals SET entries = entries + (state = NEW.state) - (state = OLD.state) WHERE state IN (NEW.state, OLD.state);
END;
CREATE TRIGGER entry_removed AFTER DELETE ON entries BEGIN
    UPDATE totals SET entries = entries - 1 WHERE state = OLD.state;
END;

-- what staff must know of until it is over or they have seen it: codes with a text and advice
CREATE TABLE notices (
    code TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    detail TEXT NOT NULL DEFAULT ''         -- figures; never anything of a citizen
) STRICT, WITHOUT ROWID;
