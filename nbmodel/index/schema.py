"""The tables of the index. If you change them or their content, add one to SCHEMA.

Ids of versions sort like history. The high bits are the commit time, but never below
that of a parent (git's "corrected commit date"). The low bits are a serial number. So
lists and full-text search use the order of the primary key.
"""

from __future__ import annotations

from nbmodel.manifest import FORMAT

SCHEMA = 10
# A newer release reads again what an older one could not read.
USER_VERSION = 1000 * SCHEMA + FORMAT
SERIAL_BITS = 24
MAX_TIME = 1 << 38  # later times count as this one, so that ids stay below 2**63

KINDS = ("metrics", "params", "tags")  # kinds of facts of a commit
EVALUATION = "eval"  # the kind of metrics that a later evaluation measured
PREFIXES = (*KINDS, EVALUATION)  # of search fields
NUMERIC_KINDS = frozenset({"metrics", EVALUATION})

DDL = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE models (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  latest INTEGER                -- id of the version a list shows for the model
);
CREATE INDEX models_folded ON models (name COLLATE NOCASE);
CREATE INDEX models_latest ON models (latest);
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, email TEXT, UNIQUE (name, email));
CREATE TABLE types (id INTEGER PRIMARY KEY, name TEXT, flavor TEXT, UNIQUE (name, flavor));
CREATE TABLE keys (id INTEGER PRIMARY KEY, kind TEXT, name TEXT, UNIQUE (name, kind));

CREATE TABLE branches (model INTEGER, name TEXT, tip TEXT, PRIMARY KEY (model, name)) WITHOUT ROWID;
CREATE TABLE versions (
  id INTEGER PRIMARY KEY,
  model INTEGER NOT NULL,
  oid TEXT NOT NULL,
  parents TEXT NOT NULL,        -- object ids
  first INTEGER,                -- id of the first parent
  number INTEGER NOT NULL,      -- 1 + the highest of its parents
  said TEXT NOT NULL,           -- the branch in its manifest
  line TEXT,                    -- a branch whose first-parent chain holds it now
  time INTEGER NOT NULL,
  author INTEGER NOT NULL,
  type INTEGER NOT NULL,
  size INTEGER NOT NULL,
  named TEXT NOT NULL           -- the model in its manifest, where that is another one
);
CREATE UNIQUE INDEX versions_oid ON versions (oid, model);
CREATE INDEX versions_model ON versions (model, id);
CREATE INDEX versions_line ON versions (model, line, number);
CREATE INDEX versions_time ON versions (time);
CREATE INDEX versions_author ON versions (author);
CREATE INDEX versions_type ON versions (type);
CREATE INDEX versions_named ON versions (named) WHERE named != '';
CREATE TABLE details (
  id INTEGER PRIMARY KEY,
  message TEXT NOT NULL,
  summary TEXT NOT NULL,
  data TEXT NOT NULL,           -- JSON: params, metrics, tags, uses as [model, object id]
  segments BLOB                 -- first 8 bytes of each sha256; NULL if not known
);
CREATE TABLE unreadable (id INTEGER PRIMARY KEY, why TEXT NOT NULL, lost INTEGER NOT NULL);

CREATE TABLE uses (             -- what a version was made from
  version INTEGER, oid TEXT, model TEXT, PRIMARY KEY (version, oid, model)
) WITHOUT ROWID;
CREATE INDEX uses_oid ON uses (oid);

CREATE TABLE facts (            -- texts are folded; a whole number is exact
  version INTEGER, key INTEGER, number, text TEXT, PRIMARY KEY (version, key)
) WITHOUT ROWID;
CREATE INDEX facts_number ON facts (key, number, version) WHERE number IS NOT NULL;
CREATE INDEX facts_text ON facts (key, text, version) WHERE text IS NOT NULL;
CREATE TABLE evaluated (        -- metrics of the newest evaluation of a commit, as JSON
  oid TEXT PRIMARY KEY, metrics TEXT NOT NULL
) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 ( -- texts are folded and divided by spaces
  text, content='', columnsize=0, tokenize='ascii'
);

CREATE TABLE tags (
  name TEXT PRIMARY KEY,
  oid TEXT NOT NULL,            -- of the tag itself
  kind TEXT,                    -- release, stage, or NULL for a tag that does not count
  model TEXT, label TEXT, counter INTEGER, removed INTEGER,
  target TEXT, person TEXT, email TEXT, time INTEGER, message TEXT, rolled_back TEXT,
  root INTEGER,                 -- its target's own manifest names the model
  why TEXT NOT NULL,            -- why it, or what it names, cannot be read
  own TEXT NOT NULL             -- what its object calls itself, if not `name`
) WITHOUT ROWID;
CREATE INDEX tags_model ON tags (model, kind);
CREATE TABLE marks (            -- what holds now: releases and stages of versions
  version INTEGER, kind TEXT, label TEXT COLLATE NOCASE, tag TEXT,
  PRIMARY KEY (version, kind, label)
) WITHOUT ROWID;
CREATE INDEX marks_label ON marks (kind, label);

CREATE TABLE broken (ref TEXT PRIMARY KEY, why TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE seen (             -- a witness: cannot be made again from git
  ref TEXT, state TEXT, oid TEXT NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (ref, state)
) WITHOUT ROWID;
"""
