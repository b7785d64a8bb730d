// What the embedding worker and the vector index of the sidecar ask of the database.
//
// A message or session is waiting while its `embedded` differs from its `updated`: `embedded` is the
// `updated` it had when its text was last looked at. A partial index holds exactly the waiting ones,
// so finding and counting them costs as much as there are, not as much as there is.

const PREPARE = [
  "CREATE TABLE IF NOT EXISTS _embeddingState (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
  // Ids of embeddings that are gone, for the index to follow. Numbers are never used twice.
  `CREATE TABLE IF NOT EXISTS _removedEmbeddings (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, embedding TEXT NOT NULL)`,
  ...["messageEmbeddings", "sessionEmbeddings"].map(
    (table) => `CREATE TRIGGER IF NOT EXISTS _${table}_removed AFTER DELETE ON ${table}
      BEGIN INSERT INTO _removedEmbeddings (embedding) VALUES (OLD.id); END`,
  ),
];

const STATE = "SELECT json_group_object(name, value) AS json FROM _embeddingState";
const SET_STATE = `INSERT INTO _embeddingState (name, value) VALUES ({:name}, {:value})
  ON CONFLICT (name) DO UPDATE SET value = excluded.value`;

// Bytes of one answer: a page of long messages is shorter. The first is given whatever its size.
const PAGE_BYTES = 8 << 20;
const LONGEST = 200000; // characters of a text; less than this is embedded
const LARGEST_PART = 1000000; // bytes; of a larger part only what names it is given
const PROMPTS = 16; // of a session, more than are embedded

// The kinds of part that are embedded, as sidecar/domain/chunks.py reads them.
const CALLS = `('toolcall', 'tooluse', 'tool', 'toolinvocation', 'functioncall')`;

const PART = `json_object('type', type, 'content', CASE
    WHEN octet_length(content) <= ${LARGEST_PART} THEN json(COALESCE(content, 'null'))
    WHEN type = 'text' THEN json_quote(substr(COALESCE(content->>'$.text', content->>'$'), 1, ${LONGEST}))
    ELSE json_object('name', COALESCE(content->>'$.name', content->>'$.toolName', content->>'$.tool')) END)`;

const PARTS = `COALESCE((SELECT json_group_array(json(${PART}) ORDER BY "order") FROM parts
  WHERE parts.message = messages.id AND (
    replace(replace(lower(type), '-', ''), '_', '') IN ${CALLS}
    OR (type = 'text' AND trim(messages.textContent, char(9, 10, 11, 12, 13, 32)) = ''))), json('[]'))`;

const SIZE = `octet_length(textContent) + COALESCE((
  SELECT sum(octet_length(content)) FROM parts WHERE parts.message = messages.id), 0)`;

const PENDING_MESSAGES = `WITH waiting AS MATERIALIZED (
    SELECT id, createdAt, ${SIZE} AS size FROM messages
    WHERE embedded != updated AND updated <= {:before}
    ORDER BY createdAt DESC LIMIT {:limit}),
  page AS (SELECT id, sum(size) OVER (ORDER BY createdAt DESC, id) - size AS above FROM waiting)
  SELECT json_group_array(json_object(
    'id', messages.id, 'updated', messages.updated,
    'text', substr(textContent, 1, ${LONGEST}), 'parts', json(${PARTS}),
    'known', (SELECT textHash FROM messageEmbeddings
      WHERE message = messages.id AND chunk = 0 AND model = {:model} AND dimensions IN (0, {:dimensions}))
    ) ORDER BY messages.createdAt DESC) AS json
  FROM page JOIN messages ON messages.id = page.id WHERE above < ${PAGE_BYTES}`;

const PROMPT = `SELECT json_group_array(json_object('text', substr(textContent, 1, 10000), 'parts', json(${PARTS})))
  FROM (SELECT * FROM messages WHERE session = sessions.id AND role = 'user'
    ORDER BY createdAt, seq, id LIMIT ${PROMPTS}) AS messages`;

const PENDING_SESSIONS = `WITH page AS MATERIALIZED (
    SELECT id FROM sessions WHERE embedded != updated AND updated <= {:before}
    ORDER BY updatedAt DESC LIMIT {:limit})
  SELECT json_group_array(json_object(
    'id', id, 'updated', updated, 'title', title, 'project', projectName, 'summary', summary,
    'prompts', json((${PROMPT})),
    'known', (SELECT textHash FROM sessionEmbeddings
      WHERE session = sessions.id AND model = {:model} AND dimensions IN (0, {:dimensions}))
    ) ORDER BY updatedAt DESC) AS json
  FROM sessions WHERE id IN (SELECT id FROM page)`;

const WAITING = `SELECT json_object(
    'messages', (SELECT count(*) FROM messages WHERE embedded != updated),
    'sessions', (SELECT count(*) FROM sessions WHERE embedded != updated)) AS json`;

const EMBEDDED = `SELECT json_object(
    'messages', (SELECT count(DISTINCT message) FROM messageEmbeddings),
    'sessions', (SELECT count(*) FROM sessionEmbeddings)) AS json`;

// Owner and session come from the database, so a row can only be of whom its message is; of what was
// deleted meanwhile nothing is stored.
const STORE = {
  message: `INSERT INTO messageEmbeddings
      (id, message, session, user, chunk, vector, model, dimensions, textHash, createdAt, created, updated)
    SELECT value->>'id', messages.id, sessions.id, sessions.user, value->>'chunk', value->>'vector',
      {:model}, iif(value->>'vector' = '', 0, {:dimensions}), value->>'hash', {:ms}, {:now}, {:now}
    FROM json_each({:rows}) JOIN messages ON messages.id = value->>'of' JOIN sessions ON sessions.id = session
    WHERE TRUE
    ON CONFLICT (message, chunk) DO UPDATE SET vector = excluded.vector, model = excluded.model,
      dimensions = excluded.dimensions, textHash = excluded.textHash, updated = excluded.updated`,
  session: `INSERT INTO sessionEmbeddings
      (id, session, user, vector, model, dimensions, textHash, createdAt, created, updated)
    SELECT value->>'id', sessions.id, sessions.user, value->>'vector',
      {:model}, iif(value->>'vector' = '', 0, {:dimensions}), value->>'hash', {:ms}, {:now}, {:now}
    FROM json_each({:rows}) JOIN sessions ON sessions.id = value->>'of'
    WHERE TRUE
    ON CONFLICT (session) DO UPDATE SET vector = excluded.vector, model = excluded.model,
      dimensions = excluded.dimensions, textHash = excluded.textHash, updated = excluded.updated`,
};

// A mark without a number of chunks says: looked at, and its text is the one that was embedded.
const SURPLUS = {
  message: `DELETE FROM messageEmbeddings WHERE id IN (
    SELECT messageEmbeddings.id FROM json_each({:marks}) JOIN messageEmbeddings ON message = value->>'id'
    WHERE value->>'chunks' IS NOT NULL AND chunk >= value->>'chunks')`,
  session: `DELETE FROM sessionEmbeddings WHERE session IN (
    SELECT value->>'id' FROM json_each({:marks}) WHERE value->>'chunks' = 0)`,
};

const MARK = {
  message: `UPDATE messages SET embedded = value->>'updated' FROM json_each({:marks}) WHERE messages.id = value->>'id'`,
  session: `UPDATE sessions SET embedded = value->>'updated' FROM json_each({:marks}) WHERE sessions.id = value->>'id'`,
};

const STORED = {
  message: `SELECT json_group_array(json_object(
      'id', id, 'user', user, 'session', session, 'message', message, 'chunk', chunk)) AS json
    FROM messageEmbeddings WHERE updated = {:now} AND id IN (SELECT value->>'id' FROM json_each({:rows}))`,
  session: `SELECT json_group_array(json_object(
      'id', id, 'user', user, 'session', session, 'message', '', 'chunk', 0)) AS json
    FROM sessionEmbeddings WHERE updated = {:now} AND id IN (SELECT value->>'id' FROM json_each({:rows}))`,
};

const VECTORS = {
  message: `SELECT json_group_array(json_object('id', id, 'user', user, 'session', session,
      'message', message, 'chunk', chunk, 'vector', vector, 'updated', updated)) AS json
    FROM (SELECT * FROM messageEmbeddings
      WHERE (updated, id) > ({:updated}, {:id}) AND model = {:model} AND dimensions = {:dimensions}
      ORDER BY updated, id LIMIT {:limit})`,
  session: `SELECT json_group_array(json_object('id', id, 'user', user, 'session', session,
      'message', '', 'chunk', 0, 'vector', vector, 'updated', updated)) AS json
    FROM (SELECT * FROM sessionEmbeddings
      WHERE (updated, id) > ({:updated}, {:id}) AND model = {:model} AND dimensions = {:dimensions}
      ORDER BY updated, id LIMIT {:limit})`,
};

const ROWS = `SELECT json_object('rows',
    (SELECT count(*) FROM messageEmbeddings WHERE model = {:model} AND dimensions = {:dimensions})
    + (SELECT count(*) FROM sessionEmbeddings WHERE model = {:model} AND dimensions = {:dimensions})) AS json`;

// `first` tells a reader who was away for long whether something was dropped that it had not read,
// `newest` whether the database is an older one than it knew, put back from a backup.
const REMOVED = `SELECT json_object(
    'ids', json((SELECT json_group_array(embedding) FROM (
      SELECT embedding FROM _removedEmbeddings WHERE seq > {:after} ORDER BY seq LIMIT {:limit}))),
    'last', COALESCE((SELECT max(seq) FROM (
      SELECT seq FROM _removedEmbeddings WHERE seq > {:after} ORDER BY seq LIMIT {:limit})), {:after}),
    'first', COALESCE((SELECT min(seq) FROM _removedEmbeddings),
      (SELECT seq + 1 FROM sqlite_sequence WHERE name = '_removedEmbeddings'), 1),
    'newest', COALESCE((SELECT seq FROM sqlite_sequence WHERE name = '_removedEmbeddings'), 0),
    'rebuild', COALESCE((SELECT value FROM _embeddingState WHERE name = 'rebuild'), '')) AS json`;

// An absent filter is null and lets everything pass.
const SESSIONS = `SELECT json_group_array(id) AS json FROM sessions WHERE user = {:user}
    AND ({:session} IS NULL OR id = {:session}) AND ({:source} IS NULL OR source = {:source})
    AND ({:model} IS NULL OR model = {:model})
    AND ({:project} IS NULL OR {:project} IN (projectName, projectPath))`;

const NARROWED = `SELECT json_group_array(id) AS json FROM (
    SELECT messages.id, messages.createdAt, role FROM json_each({:records})
      JOIN messages ON messages.id = value JOIN sessions ON sessions.id = session WHERE user = {:user}
    UNION ALL SELECT sessions.id, sessions.createdAt, NULL FROM json_each({:records})
      JOIN sessions ON sessions.id = value WHERE user = {:user})
  WHERE ({:role} IS NULL OR role = {:role}) AND ({:from} IS NULL OR createdAt >= {:from})
    AND ({:to} IS NULL OR createdAt <= {:to})`;

const PRUNE = "DELETE FROM _removedEmbeddings WHERE seq <= {:to}";

const FORGET = {
  message: `UPDATE messages SET embedded = '' WHERE embedded != '' AND id IN (
    SELECT value FROM json_each({:ids}))`,
  session: `UPDATE sessions SET embedded = '' WHERE embedded != '' AND id IN (
    SELECT value FROM json_each({:ids}))`,
};

const SOME = {
  message: "SELECT json_group_array(id) AS json FROM (SELECT id FROM messages WHERE id > {:after} ORDER BY id LIMIT 5000)",
  session: "SELECT json_group_array(id) AS json FROM (SELECT id FROM sessions WHERE id > {:after} ORDER BY id LIMIT 5000)",
};

// Of one user, and what has rested until `before`. Waiting rows are few and have an index of their
// own, so the others need no looking at.
const PROGRESS = `WITH mine AS MATERIALIZED (
    SELECT id, messageCount, embedded != updated AND updated <= {:before} AS waits FROM sessions WHERE user = {:user}),
  waiting AS (SELECT count(*) AS n FROM messages
    WHERE embedded != updated AND updated <= {:before} AND session IN (SELECT id FROM mine))
  SELECT json_object(
    'space', COALESCE((SELECT value FROM _embeddingState WHERE name = 'space'), ''),
    'sessions', json_object('done', count(*) - COALESCE(sum(waits), 0), 'total', count(*)),
    'messages', json_object(
      'done', max(0, COALESCE(sum(messageCount), 0) - (SELECT n FROM waiting)),
      'total', COALESCE(sum(messageCount), 0))) AS json
  FROM mine`;

const SOME_OF = `SELECT json_group_array(id) AS json FROM (
  SELECT id FROM sessions WHERE user = {:user} AND id > {:after} ORDER BY id LIMIT 200)`;

// Those without an embedding, or with one that was refused.
const AGAIN = {
  message: `UPDATE messages SET embedded = '' WHERE embedded != '' AND session IN (
      SELECT value FROM json_each({:ids}))
    AND NOT EXISTS (SELECT 1 FROM messageEmbeddings
      WHERE message = messages.id AND chunk = 0 AND model = {:model} AND dimensions = {:dimensions})`,
  session: `UPDATE sessions SET embedded = '' WHERE embedded != '' AND id IN (
      SELECT value FROM json_each({:ids}))
    AND NOT EXISTS (SELECT 1 FROM sessionEmbeddings
      WHERE session = sessions.id AND model = {:model} AND dimensions = {:dimensions})`,
};

const stamp = (date) => date.toISOString().replace("T", " ");

function json(db, sql, params) {
  const rows = arrayOf(new DynamicModel({ json: "" }));
  db.newQuery(sql).bind(params).all(rows);
  return rows[0].json;
}

/** Make the tables and triggers where they are missing; return all of the state as JSON. */
function state(app) {
  app.runInTransaction((tx) => {
    for (const sql of PREPARE) {
      tx.db().newQuery(sql).execute();
    }
  });
  return json(app.db(), STATE, {});
}

function setState(app, { name, value }) {
  app.db().newQuery(SET_STATE).bind({ name, value }).execute();
}

/**
 * Up to `limit` messages and sessions that have rested for `rest` seconds, newest first, as JSON, and
 * how many wait in all. Sessions come when no more messages do.
 */
function pending(app, { limit, rest, model, dimensions }) {
  const before = stamp(new Date(Date.now() - rest * 1000));
  const params = { before, limit, model, dimensions };
  const db = app.db();
  const messages = json(db, PENDING_MESSAGES, params);
  const left = limit - JSON.parse(messages).length;
  const sessions = left > 0 ? json(db, PENDING_SESSIONS, { ...params, limit: left }) : "[]";
  return `{"messages": ${messages}, "sessions": ${sessions}, "waiting": ${json(db, WAITING, {})}}`;
}

/**
 * Store embeddings, drop those of chunks that are no more, and mark what they are of; all or nothing.
 * Returns the rows that are stored, as JSON: those whose message or session still exists.
 */
function store(app, { model, dimensions, message, session }) {
  const date = new Date();
  const now = stamp(date);
  const stored = [];
  app.runInTransaction((tx) => {
    const db = tx.db();
    for (const [kind, { rows, marks }] of [["message", message], ["session", session]]) {
      const params = { rows: JSON.stringify(rows), now };
      if (rows.length > 0) {
        db.newQuery(STORE[kind]).bind({ ...params, model, dimensions, ms: date.getTime() }).execute();
        stored.push(`"${kind}": ${json(db, STORED[kind], params)}`);
      }
      if (marks.length > 0) {
        db.newQuery(SURPLUS[kind]).bind({ marks: JSON.stringify(marks) }).execute();
        db.newQuery(MARK[kind]).bind({ marks: JSON.stringify(marks) }).execute();
      }
    }
  });
  return `{${[`"now": "${now}"`, ...stored].join(", ")}}`;
}

/** Have up to 5,000 messages or sessions after the id `after` looked at again; return the last id. */
function forget(app, { kind, after }) {
  const ids = json(app.db(), SOME[kind], { after });
  app.db().newQuery(FORGET[kind]).bind({ ids }).execute();
  return JSON.parse(ids).pop() || "";
}

/** Have what has no embedding in 200 of the user's sessions looked at again; return the last id. */
function again(app, { user, after, model, dimensions }) {
  const ids = json(app.db(), SOME_OF, { user, after });
  app.runInTransaction((tx) => {
    for (const kind in AGAIN) {
      tx.db().newQuery(AGAIN[kind]).bind({ ids, model, dimensions }).execute();
    }
  });
  return JSON.parse(ids).pop() || "";
}

const progress = (app, { user, rest = 0 }) =>
  json(app.db(), PROGRESS, { user, before: stamp(new Date(Date.now() - rest * 1000)) });
const counts = (app) =>
  `{"waiting": ${json(app.db(), WAITING, {})}, "embedded": ${json(app.db(), EMBEDDED, {})}}`;
const vectors = (app, { kind, ...params }) => json(app.db(), VECTORS[kind], params);
const rows = (app, { model, dimensions }) => json(app.db(), ROWS, { model, dimensions });
const removed = (app, { after, limit }) => json(app.db(), REMOVED, { after, limit });

const none = { session: null, source: null, model: null, project: null };
const sessions = (app, { user, filters }) => json(app.db(), SESSIONS, { ...none, ...filters, user });

const noneOf = { role: null, from: null, to: null };
const narrowed = (app, { user, records, filters }) =>
  json(app.db(), NARROWED, { ...noneOf, ...filters, user, records: JSON.stringify(records) });

function prune(app, { to }) {
  app.db().newQuery(PRUNE).bind({ to }).execute();
}

// One route leads to all of these, by name: `POST /api/opensync/embeddings?do=name`.
const reads = { state, pending, store, counts, progress, vectors, rows, removed, sessions, narrowed };
const writes = { setState, prune };

/** Do what `name` says with the parsed body; returns JSON text, or null where there is no such name. */
function act(app, name, body) {
  if (name === "forget") {
    return JSON.stringify({ last: forget(app, body) });
  }
  if (name === "again") {
    return JSON.stringify({ last: again(app, body) });
  }
  if (Object.hasOwn(writes, name)) {
    writes[name](app, body);
    return "{}";
  }
  return Object.hasOwn(reads, name) ? reads[name](app, body) : null;
}

module.exports = { act };
