// Writes one group of sync requests in one transaction: all of it or nothing.
//
// The body is four lines of JSON, so that each statement parses only the rows it needs:
//   {"keys": [[apiKeys id, users id]…], "users": [users id…], "turn": [who, number]}   who is writing
//   [session…]   [message…]   [part…]               rows as objects; an absent column keeps its value
//
// SQLite does the merging, row by row in the order given, so a row may occur more than once. In a
// row '' and 0 mean "not said": they never replace a value. The values are bound, never spliced.

const KEEP = "keep"; // set on insert, never changed after
const REPLACE = "replace"; // the last value that was said wins
const EARLIEST = "earliest";

// Column: [rule, what counts as "not said", where the stored value stays nevertheless].

const SESSION = {
  user: [KEEP, "''"],
  externalId: [KEEP, "''"],
  title: [REPLACE, "''", "titleEdited"],
  projectPath: [REPLACE, "''"],
  projectName: [REPLACE, "''"],
  model: [REPLACE, "''"],
  provider: [REPLACE, "''"],
  gitBranch: [REPLACE, "''"],
  promptTokens: [REPLACE, "0"],
  completionTokens: [REPLACE, "0"],
  cacheReadTokens: [REPLACE, "0"],
  cacheWriteTokens: [REPLACE, "0"],
  reasoningTokens: [REPLACE, "0"],
  cost: [REPLACE, "0"],
  durationMs: [REPLACE, "0"],
  toolCallCount: [REPLACE, "0"],
  endReason: [REPLACE, "''"],
  createdAt: [EARLIEST, "0"],
};

const MESSAGE = {
  session: [KEEP, "''"],
  externalId: [KEEP, "''"],
  role: [REPLACE, "'unknown'"],
  textContent: [REPLACE, "''"],
  model: [REPLACE, "''"],
  provider: [REPLACE, "''"],
  promptTokens: [REPLACE, "0"],
  completionTokens: [REPLACE, "0"],
  cacheReadTokens: [REPLACE, "0"],
  cacheWriteTokens: [REPLACE, "0"],
  reasoningTokens: [REPLACE, "0"],
  cost: [REPLACE, "0"],
  durationMs: [REPLACE, "0"],
  partsHash: [REPLACE, "''"],
  seq: [KEEP, "0"],
  createdAt: [EARLIEST, "0"],
};

const said = (column, empty) => `COALESCE(value->>'${column}', ${empty})`;

// What the column of an existing row becomes.
function merged(column, [rule, empty, stays = "FALSE"], fillWhen = "FALSE") {
  if (rule === EARLIEST) {
    return `min(${column}, excluded.${column})`;
  }
  const keeps = `${stays} OR excluded.${column} = ${empty} OR (${fillWhen} AND ${column} != ${empty})`;
  return `CASE WHEN ${keeps} THEN ${column} ELSE excluded.${column} END`;
}

// The statement that inserts or merges `rows`; a row that says nothing new is not written at all.
function upsert(table, columns, extra, { fillWhen, guard }) {
  const set = {};
  for (const column in columns) {
    if (columns[column][0] !== KEEP) {
      set[column] = merged(column, columns[column], fillWhen);
    }
  }
  for (const column in extra) {
    set[column] = extra[column].merge;
  }
  const names = ["id", ...Object.keys(columns), ...Object.keys(extra)];
  const values = [
    "value->>'id'",
    ...Object.keys(columns).map((column) => said(column, columns[column][1])),
    ...Object.keys(extra).map((column) => extra[column].insert),
  ];
  const news = Object.keys(set).filter((column) => !(extra[column] || {}).silent);
  return `INSERT INTO ${table} (${names.join(", ")}, created, updated)
    SELECT ${values.join(", ")}, {:now}, {:now} FROM json_each({:rows}) WHERE TRUE
    ON CONFLICT (id) DO UPDATE SET
      ${Object.keys(set).map((column) => `${column} = ${set[column]}`).join(",\n      ")},
      updated = excluded.updated
    WHERE ${guard} AND (${news.map((column) => `${column} IS NOT (${set[column]})`).join(" OR ")})`;
}

// Unknown keys of the payload are kept aside in `extra`, newest value of each key. A null is absent
// at any depth, on the way in too, or a retry would look like a change.
const EXTRA = {
  insert: "json_patch('{}', value->'extra')",
  merge: "CASE WHEN excluded.extra IS NULL THEN extra ELSE json_patch(COALESCE(extra, '{}'), excluded.extra) END",
};

const searchText = (value) =>
  `trim(${["title", "projectName", "projectPath"].map(value).map((v) => `(${v})`).join(" || char(10) || ")}, char(10))`;

const UPSERT_SESSIONS = upsert(
  "sessions",
  SESSION,
  {
    // A source that was only assumed gives way to the first one that is said; a said one gives way
    // to a session's own word, not to a message's.
    source: {
      insert: said("source", "''"),
      merge: `CASE WHEN excluded.sourceAssumed OR (excluded.stub AND NOT sourceAssumed) THEN source ELSE excluded.source END`,
    },
    sourceAssumed: {
      insert: said("sourceAssumed", "FALSE"),
      merge: "sourceAssumed AND excluded.sourceAssumed",
    },
    // A stub was made for a message; the first session request makes it whole.
    stub: { insert: said("stub", "FALSE"), merge: "stub AND excluded.stub" },
    totalTokens: {
      insert: `${said("promptTokens", "0")} + ${said("completionTokens", "0")}`,
      merge: `(${merged("promptTokens", SESSION.promptTokens, "excluded.stub")}) + (${merged("completionTokens", SESSION.completionTokens, "excluded.stub")})`,
    },
    // What a session is found by, apart from its messages.
    searchableText: {
      insert: searchText((column) => said(column, "''")),
      merge: searchText((column) => merged(column, SESSION[column], "excluded.stub")),
    },
    extra: EXTRA,
    // Alone it is no news: a request that repeats what is known leaves the session untouched.
    updatedAt: {
      insert: said("updatedAt", "0"),
      merge: "max(updatedAt, excluded.updatedAt)",
      silent: true,
    },
  },
  // A stub row fills gaps; it never overrules what a session said of itself.
  { fillWhen: "excluded.stub", guard: "sessions.user = excluded.user" },
);

const UPSERT_MESSAGES = upsert("messages", MESSAGE, { extra: EXTRA }, { guard: "messages.session = excluded.session" });

const UPSERT_PARTS = `INSERT INTO parts (id, message, type, content, "order")
  SELECT value->>'id', value->>'message', value->>'type', value->>'content', value->>'order'
  FROM json_each({:rows}) WHERE TRUE
  ON CONFLICT (id) DO UPDATE SET type = excluded.type, content = excluded.content
  WHERE type IS NOT excluded.type OR content IS NOT excluded.content`;

const DELETE_SURPLUS_PARTS = `DELETE FROM parts WHERE id IN (
  SELECT parts.id FROM json_each({:rows}) JOIN parts ON parts.message = value->>'id'
  WHERE value->>'partCount' IS NOT NULL AND parts."order" >= value->>'partCount')`;

const COUNT_MESSAGES = `UPDATE sessions SET
    messageCount = (SELECT count(*) FROM messages WHERE messages.session = sessions.id),
    updatedAt = max(updatedAt, (
      SELECT max(createdAt) FROM messages WHERE messages.session = sessions.id)),
    updated = {:now}
  WHERE id IN (
    SELECT messages.session FROM json_each({:rows}) JOIN messages ON messages.id = value->>'id'
    WHERE messages.updated = {:now})`;

const CHANGED_SESSIONS = `SELECT DISTINCT sessions.id AS id
  FROM json_each({:rows}) JOIN sessions ON sessions.id = value->>'id'
  WHERE sessions.updated = {:now}`;

const REFUSED_WRITERS = `SELECT value->>0 AS id FROM json_each({:head}, '$.keys')
    WHERE NOT EXISTS (
      SELECT 1 FROM apiKeys
      WHERE id = value->>0 AND user = value->>1 AND revokedAt = 0 AND (expiresAt = 0 OR expiresAt > {:ms}))
  UNION ALL SELECT value AS id FROM json_each({:head}, '$.users')
    WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = value)`;

// Derived ids name the owner, so this needs an administrator who moved a session by hand.
const FOREIGN_SESSIONS = `SELECT value->>'id' AS id
  FROM json_each({:rows}) JOIN sessions ON sessions.id = value->>'id'
  WHERE sessions.user != value->>'user'`;

function ids(db, sql, params) {
  const rows = arrayOf(new DynamicModel({ id: "" }));
  db.newQuery(sql).bind(params).all(rows);
  return rows.map((row) => row.id);
}

// A request that hung here while the sidecar gave it up may come after what was written since. Numbers
// are strings that sort; they are kept as long as such a request could live, in this process.
function isLate(app, [writer, number]) {
  const name = "opensyncTurn." + writer;
  const isLate = number < (app.store().get(name) || "");
  if (!isLate) {
    app.store().set(name, number);
  }
  return isLate;
}

// Tells what SQLite reports of the database (full, read-only, locked, being upgraded) from what it
// reports of rows, by the code at the end of its message.
function isAway(error) {
  const code = (/\((\d+)\)(?: \(\w+\))?$/.exec(String(error)) || [])[1] & 255;
  const ofRows = [1, 18, 19, 20]; // error in the statement or its JSON, too big, constraint, mismatch
  return /no such (table|column)|has no column|database is closed/.test(error) || (code && !ofRows.includes(code));
}

/**
 * Write the group, as `merge` does. Throws 503 when that is not the fault of its rows.
 */
function write(app, body) {
  try {
    return merge(app, body);
  } catch (error) {
    if (!isAway(error)) {
      // With the reason, which PocketBase would leave out.
      throw error instanceof ApiError ? error : new BadRequestError(String(error));
    }
    app.logger().error("Sync cannot be written", "error", String(error));
    throw new ApiError(503, "The database cannot be written to at the moment.");
  }
}

/**
 * Write the group. Returns {"changed": [sessions id…], "subscribers": n}, or {"refused": [id…]} with
 * the keys and users that may not write any more; then nothing was written.
 */
function merge(app, body) {
  const [head, sessions, messages, parts] = body.split("\n");
  const date = new Date();
  const now = date.toISOString().replace("T", " ");
  const { turn } = JSON.parse(head);
  let result;
  // PocketBase asks SQLite for less: then a cut of the power may take what was answered already. It
  // cannot be set within a transaction, but all writes share one connection.
  app.nonconcurrentDB().newQuery("PRAGMA synchronous = FULL").execute();
  app.runInTransaction((tx) => {
    const db = tx.db();
    if (turn && isLate(app, turn)) {
      throw new ApiError(503, "A later group was written already.");
    }
    const refused = ids(db, REFUSED_WRITERS, { head, ms: date.getTime() });
    if (refused.length > 0) {
      result = { refused };
      return;
    }
    db.newQuery(UPSERT_SESSIONS).bind({ rows: sessions, now }).execute();
    if (ids(db, FOREIGN_SESSIONS, { rows: sessions }).length > 0) {
      throw new ApiError(409, "A session of this name belongs to another user.");
    }
    if (messages !== "[]") {
      db.newQuery(UPSERT_MESSAGES).bind({ rows: messages, now }).execute();
      db.newQuery(DELETE_SURPLUS_PARTS).bind({ rows: messages }).execute();
      if (parts !== "[]") {
        db.newQuery(UPSERT_PARTS).bind({ rows: parts }).execute();
      }
      db.newQuery(COUNT_MESSAGES).bind({ rows: messages, now }).execute();
    }
    result = {
      changed: ids(db, CHANGED_SESSIONS, { rows: sessions, now }),
      subscribers: app.subscriptionsBroker().totalClients(),
    };
  });
  return result;
}

/**
 * Save sessions once through PocketBase itself, so that its realtime subscribers hear of them. The
 * transaction keeps a write that comes between reading and saving from being undone.
 */
function announce(app, sessions) {
  app.runInTransaction((tx) => {
    for (const id of sessions) {
      // A session may have been deleted meanwhile.
      for (const record of tx.findRecordsByIds("sessions", [id])) {
        tx.saveNoValidate(record);
      }
    }
  });
}

module.exports = { write, announce };
