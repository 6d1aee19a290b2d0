-- Version 1 to 2: closed entries, corrections linked to what they replace, how long ago, what is certain of an attempt.
-- SQLite cannot change a CHECK: the table is made anew. Foreign keys are off meanwhile, as the attachments refer to it.

CREATE TABLE entries_2 (
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

INSERT INTO entries_2 (seq, id, procedure_code, created_at, state, attempts, changed_at, due, provisional_code,
                       official_code, receipt, problems, last_error, digest, payload)
SELECT seq, id, procedure_code, created_at, iif(last_error = 'entry_exported', 'closed', state), attempts,
       iif(state IN ('delivered', 'rejected'), unixepoch(created_at) * 1000, 0),  -- the nearest that is known
       due, provisional_code, official_code, receipt, problems, last_error, digest, payload
FROM entries;
DROP TABLE entries;  -- with its indexes and triggers
ALTER TABLE entries_2 RENAME TO entries;
CREATE INDEX entries_due ON entries (due, seq) WHERE state IN ('pending', 'sending');
CREATE INDEX entries_state ON entries (state, seq);
CREATE INDEX entries_settled ON entries (changed_at) WHERE state IN ('delivered', 'closed');
CREATE INDEX entries_provisional ON entries (provisional_code) WHERE provisional_code <> '';
CREATE INDEX entries_official ON entries (official_code) WHERE official_code <> '';

INSERT INTO totals VALUES ('closed', 0);
UPDATE totals SET entries = (SELECT count(*) FROM entries WHERE entries.state = totals.state);
CREATE TRIGGER entry_added AFTER INSERT ON entries BEGIN
    UPDATE totals SET entries = entries + 1 WHERE state = NEW.state;
END;
CREATE TRIGGER entry_moved AFTER UPDATE OF state ON entries WHEN NEW.state <> OLD.state BEGIN
    UPDATE totals SET entries = entries + (state = NEW.state) - (state = OLD.state) WHERE state IN (NEW.state, OLD.state);
END;
CREATE TRIGGER entry_removed AFTER DELETE ON entries BEGIN
    UPDATE totals SET entries = entries - 1 WHERE state = OLD.state;
END;

CREATE TABLE notices (
    code TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    detail TEXT NOT NULL DEFAULT ''         -- figures; never anything of a citizen
) STRICT, WITHOUT ROWID;
INSERT INTO notices (code, at) SELECT 'province_unauthorised', 0 FROM alarm WHERE raised;
DROP TABLE alarm;
