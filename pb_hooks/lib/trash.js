// The trash: what deleted sessions leave behind until it is restored or goes for good.
//
// Rows are moved here, not marked, so nothing that lists, counts, searches or shows sessions has to
// know of it. `trash` has an entry for each deleted session, `trashRows` its records as JSON. Vectors
// and full text are not kept; both are made again. Of a long session an entry is "moving" while its
// messages come here in steps, and "purging" while they go for good; only a "kept" one is shown.

const KEPT = "status = 'kept'";
const OVERDUE = "(status = 'purging' OR (status = 'kept' AND deletedAt <= {:before}))";

const CONDITIONS = {
  ids: (name) => `id IN (SELECT value FROM json_each({:${name}}))`,
  before: (name) => `deletedAt <= {:${name}}`,
};

const COLUMNS = `SELECT json_group_array(json_object('name', name, 'empty', COALESCE(dflt_value, 'NULL'))) AS json
  FROM pragma_table_info({:table})`;

const OPEN = `INSERT INTO trash
    (user, session, status, title, source, projectName, model, createdAt, updatedAt, reason, rule, job)
  SELECT user, id, 'moving', title, source, projectName, model, createdAt, updatedAt, {:reason}, {:rule}, {:job}
  FROM sessions WHERE id IN (SELECT value FROM json_each({:sessions}))
  ON CONFLICT (session) WHERE status = 'moving' DO NOTHING`;

const INTO = (table, parent) => `INSERT INTO trashRows (trash, collection, parent, data)
  SELECT trash.id, '${table}', ${parent}, {data}`;

const MOVING = "JOIN trash ON status = 'moving' AND trash.session";

// {data} is where the columns go. Of the messages that are named, or of all of the sessions.
const MOVE = {
  sessions: `${INTO("sessions", "sessions.id")} FROM json_each({:sessions})
    JOIN sessions ON sessions.id = value ${MOVING} = sessions.id`,
  messages: `${INTO("messages", "messages.session")} FROM json_each({:sessions})
    JOIN messages ON messages.session = value ${MOVING} = messages.session`,
  parts: `${INTO("parts", "parts.message")} FROM json_each({:sessions})
    JOIN messages ON messages.session = value JOIN parts ON parts.message = messages.id
    ${MOVING} = messages.session`,
};
const MOVE_SOME = {
  messages: `${INTO("messages", "messages.session")} FROM json_each({:messages})
    JOIN messages ON messages.id = value ${MOVING} = messages.session`,
  parts: `${INTO("parts", "parts.message")} FROM json_each({:messages})
    JOIN messages ON messages.id = value JOIN parts ON parts.message = messages.id
    ${MOVING} = messages.session`,
};

const CLOSE = (which) => `UPDATE trash SET status = 'kept', deletedAt = {:now},
    (records, bytes, messageCount) = (
      SELECT count(*), COALESCE(sum(octet_length(data)), 0), COALESCE(sum(collection = 'messages'), 0)
      FROM trashRows WHERE trash = trash.id)
  WHERE status = 'moving' AND ${which}`;

const CLOSE_SESSIONS = CLOSE("session IN (SELECT value FROM json_each({:sessions}))");
const CLOSE_JOB = CLOSE("job = {:job}");

// Entries of about `size` records together, the oldest first; always one.
const SLICE = (where) => `SELECT COALESCE(json_group_array(id), '[]') AS json FROM (
    SELECT id, row_number() OVER place AS n, sum(records + 1) OVER place AS upto
    FROM (SELECT id, records, deletedAt FROM trash WHERE ${where} ORDER BY deletedAt, id LIMIT 200)
    WINDOW place AS (ORDER BY deletedAt, id))
  WHERE n = 1 OR upto <= {:size}`;

const THESE = "SELECT value FROM json_each({:entries})";

const SIZE = `SELECT count(*) AS json FROM trashRows WHERE trash IN (${THESE})`;

const SOME_MESSAGES = `SELECT json_group_array(data->>'id') AS json FROM (
  SELECT data FROM trashRows WHERE trash IN (${THESE}) AND collection = 'messages'
  ORDER BY parent, rowid LIMIT {:size})`;

// A plugin may have sent some of them anew; those win, with the parts they have now.
const ABSENT = `SELECT json_group_array(value) AS json FROM json_each({:messages})
  WHERE value NOT IN (SELECT id FROM messages)`;

const OWN = `JOIN trash ON trash.id = trashRows.trash
    JOIN sessions ON sessions.id = trash.session AND sessions.user = trash.user`;

const PUT_MESSAGES = `INSERT OR IGNORE INTO messages ({names})
  SELECT {values} FROM trashRows ${OWN}
  WHERE trashRows.trash IN (${THESE}) AND collection = 'messages' AND parent = trash.session
    AND data->>'id' IN (SELECT value FROM json_each({:messages}))`;

const PUT_PARTS = `INSERT OR IGNORE INTO parts ({names})
  SELECT {values} FROM trashRows JOIN messages ON messages.id = parent
  WHERE trash IN (${THESE}) AND collection = 'parts'
    AND parent IN (SELECT value FROM json_each({:messages}))`;

const PUT_SESSIONS = `INSERT INTO sessions ({names})
  SELECT {values} FROM trashRows JOIN trash ON trash.id = trashRows.trash AND data->>'user' = trash.user
  WHERE trash.id IN (${THESE}) AND collection = 'sessions'
  ON CONFLICT (id) DO UPDATE SET {merged} WHERE sessions.user = excluded.user`;

const RECOUNT = `UPDATE sessions SET
    messageCount = (SELECT count(*) FROM messages WHERE messages.session = sessions.id),
    totalTokens = promptTokens + completionTokens
  WHERE id IN (SELECT session FROM trash WHERE id IN (${THESE}))`;

const FORGET = {
  sessions: `DELETE FROM trashRows WHERE trash IN (${THESE}) AND collection = 'sessions'`,
  parts: `DELETE FROM trashRows WHERE trash IN (${THESE}) AND collection = 'parts'
    AND parent IN (SELECT value FROM json_each({:messages}))`,
  messages: `DELETE FROM trashRows WHERE trash IN (${THESE}) AND collection = 'messages'
    AND data->>'id' IN (SELECT value FROM json_each({:messages}))`,
};

const DROP_ROWS = `DELETE FROM trashRows WHERE trash IN (${THESE})`;
const DROP_SOME = `DELETE FROM trashRows WHERE rowid IN (
  SELECT rowid FROM trashRows WHERE trash IN (${THESE}) LIMIT {:size})`;
const DROP = `DELETE FROM trash WHERE id IN (${THESE})`;
const MARK = `UPDATE trash SET status = 'purging' WHERE id IN (${THESE})`;
const RESTORED = `SELECT COALESCE(max(sessions.id), '') AS json FROM trash
  JOIN sessions ON sessions.id = trash.session WHERE trash.id IN (${THESE})`;

const EVERYTHING_OF = {
  trashRows: "DELETE FROM trashRows WHERE trash IN (SELECT id FROM trash WHERE user = {:user})",
  trash: "DELETE FROM trash WHERE user = {:user}",
};

// What a restored row gets in place of its own: it is private, embedded anew, and `created` says
// when it came here, so that a rule does not take it again tomorrow.
const SET_ANEW = {
  sessions: {
    ...{ isPublic: "FALSE", publicSlug: "''", publicInclude: "NULL", embedded: "''" },
    ...{ created: "{:now}", updated: "{:now}" },
  },
  messages: { embedded: "''", updated: "{:now}" },
  parts: {},
};

// A session that came back by itself keeps what it says and gets back what it does not say.
const MERGE = {
  ...Object.fromEntries(
    ["id", "user", "externalId", "isPublic", "publicSlug", "publicInclude", "messageCount", "totalTokens", "created"].map(
      (column) => [column, `sessions.${column}`],
    ),
  ),
  stub: "sessions.stub AND excluded.stub",
  source: "iif(sessions.sourceAssumed, excluded.source, sessions.source)",
  sourceAssumed: "sessions.sourceAssumed AND excluded.sourceAssumed",
  createdAt: "min(sessions.createdAt, excluded.createdAt)",
  updatedAt: "max(sessions.updatedAt, excluded.updatedAt)",
  embedded: "''",
  updated: "excluded.updated",
};

const filled = (column) =>
  `iif(COALESCE(sessions."${column}", '') IN ('', 0, 'null', '[]'), excluded."${column}", sessions."${column}")`;

function read(db, sql, params) {
  const rows = arrayOf(new DynamicModel({ json: "" }));
  db.newQuery(sql).bind(params).all(rows);
  return rows[0].json;
}

const list = (db, sql, params) => JSON.parse(read(db, sql, params));
const run = (db, sql, params) => db.newQuery(sql).bind(params).execute().rowsAffected();
const stamp = () => new Date().toISOString().replace("T", " ");

// Names and defaults come from the schema, so a column that is added later is moved and restored too.
const columns = (db, table) => list(db, COLUMNS, { table });

function move(db, statements, params) {
  for (const table in statements) {
    const pairs = columns(db, table).map(({ name }) => `'${name}', ${table}."${name}"`);
    run(db, statements[table].replace("{data}", `json_object(${pairs.join(", ")})`), params);
  }
}

/** Move these sessions of a transaction here, whole; the caller then deletes them. */
function keep(tx, sessions, { reason, rule, job }) {
  const db = tx.db();
  const params = { sessions: JSON.stringify(sessions) };
  run(db, OPEN, { ...params, reason, rule, job });
  move(db, MOVE, params);
  run(db, CLOSE_SESSIONS, { ...params, now: Date.now() });
}

/** Move these messages of a session here; the rest follows. */
function keepMessages(tx, session, messages, { reason, rule, job }) {
  const db = tx.db();
  run(db, OPEN, { sessions: JSON.stringify([session]), reason, rule, job });
  move(db, MOVE_SOME, { messages: JSON.stringify(messages) });
}

/** What came of a session that the job will not finish can be restored like any other. */
function close(tx, job) {
  run(tx.db(), CLOSE_JOB, { job, now: Date.now() });
}

/** Return {sql, params}: which of the entries that a user sees are selected. */
function where(user, selection) {
  const terms = [KEPT, "user = {:user}"];
  const params = { user };
  for (const name in selection) {
    if (!Object.hasOwn(CONDITIONS, name)) {
      throw new BadRequestError(`Entries of the trash cannot be selected by ${name}.`);
    }
    terms.push(CONDITIONS[name](`selected_${name}`));
    const given = selection[name];
    params[`selected_${name}`] = Array.isArray(given) ? JSON.stringify(given) : given;
  }
  return { sql: terms.join(" AND "), params };
}

/** The same for everything of a user, in whatever state. */
const all = (user) => ({ sql: "user = {:user}", params: { user } });

/** One entry, which may be in part what it was. */
const one = (user, id) => ({ sql: "user = {:user} AND id = {:id}", params: { user, id } });

/** How many entries are selected. */
const count = (app, { sql, params }) => Number(read(app.db(), `SELECT count(*) AS json FROM trash WHERE ${sql}`, params));

function put(db, sql, table, params) {
  const anew = SET_ANEW[table];
  const known = columns(db, table);
  const names = known.map(({ name }) => `"${name}"`).join(", ");
  const values = known.map(({ name, empty }) => anew[name] || `COALESCE(data->>'${name}', ${empty})`).join(", ");
  const merged = known.map(({ name }) => `"${name}" = ${MERGE[name] || filled(name)}`).join(", ");
  const now = Object.keys(anew).length > 0 ? { now: stamp() } : {};
  const text = sql.replace("{names}", names).replace("{values}", values).replace("{merged}", merged);
  return run(db, text, { ...params, ...now });
}

/**
 * Put back the first entries that `where` selects, of about `size` records together, in the
 * transaction `tx`. Returns {"counts"}, and "begun" where it is a part of one entry only.
 *
 * One session is saved through PocketBase, so that its owner's lists are read again.
 */
function restore(tx, { sql, params }, size) {
  const db = tx.db();
  const ids = list(db, SLICE(sql), { ...params, size });
  if (ids.length === 0) {
    return { counts: {} };
  }
  const entries = JSON.stringify(ids);
  put(db, PUT_SESSIONS, "sessions", { entries });
  run(db, FORGET.sessions, { entries });
  const messages = list(db, SOME_MESSAGES, { entries, size: ids.length > 1 ? -1 : size });
  const here = { entries, messages: JSON.stringify(messages) };
  const absent = read(db, ABSENT, { messages: here.messages });
  const counts = {
    messages: put(db, PUT_MESSAGES, "messages", { entries, messages: absent }),
    parts: put(db, PUT_PARTS, "parts", { entries, messages: absent }),
  };
  run(db, RECOUNT, { entries });
  if (ids.length === 1 && messages.length === size) {
    run(db, FORGET.parts, here);
    run(db, FORGET.messages, here);
    return { counts, begun: ids[0] };
  }
  const told = read(db, RESTORED, { entries });
  run(db, DROP_ROWS, { entries });
  run(db, DROP, { entries });
  if (told) {
    tx.saveNoValidate(tx.findRecordById("sessions", told));
  }
  return { counts: { ...counts, sessions: ids.length } };
}

/** Delete the first entries that `where` selects for good, about `size` records; as `restore`. */
function purge(tx, { sql, params }, size) {
  const db = tx.db();
  const ids = list(db, SLICE(sql), { ...params, size });
  if (ids.length === 0) {
    return { counts: {} };
  }
  const entries = JSON.stringify(ids);
  if (ids.length === 1 && Number(read(db, SIZE, { entries })) > size) {
    run(db, MARK, { entries });
    return { counts: { records: run(db, DROP_SOME, { entries, size }) }, begun: ids[0] };
  }
  const records = run(db, DROP_ROWS, { entries });
  run(db, DROP, { entries });
  return { counts: { records, sessions: ids.length } };
}

/** Delete all that a user has here, who is about to be deleted: it would go row by row. */
function forgetUser(tx, user) {
  for (const table in EVERYTHING_OF) {
    run(tx.db(), EVERYTHING_OF[table], { user });
  }
}

/** Delete for good what came here by `before`, of everybody, a step of it. */
function expire(app, { before, size }) {
  let counts;
  app.runInTransaction((tx) => {
    counts = purge(tx, { sql: OVERDUE, params: { before } }, size).counts;
  });
  return { isFinished: Object.keys(counts).length === 0 };
}

/** What a user has here. */
function summary(app, { user }) {
  const sql = `SELECT json_object('sessions', count(*), 'bytes', COALESCE(sum(bytes), 0)) AS json
    FROM trash WHERE user = {:user} AND ${KEPT}`;
  return list(app.db(), sql, { user });
}

// One route leads to these, by name: `POST /api/opensync/trash?do=name`.
const actions = { expire, summary };

/** Do what `name` says with the parsed body; null where there is no such name. */
const act = (app, name, body) => (Object.hasOwn(actions, name) ? actions[name](app, body) : null);

module.exports = { keep, keepMessages, close, where, all, one, count, restore, purge, forgetUser, act };
