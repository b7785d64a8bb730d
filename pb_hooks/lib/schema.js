// The version of the database, and what its rows need on the way to a later one. What collections
// need besides, the sidecar finds by comparing them with pb_schema.

const WITH_NULLS = `json_valid(extra) AND json_type(extra) = 'object'
  AND json_patch('{}', extra) != json(extra)`;

// In order, at most one a version. A step runs when all collections and fields of the new schema are
// there, and before anything of the old one goes, so that it can read both. `rows` counts what it will
// change; it is asked beforehand too, and so must not name anything new.
const STEPS = [
  {
    version: 2,
    what: "keys beside the known ones lose their nulls, as sync drops them by now",
    table: "sessions, messages",
    rows: `SELECT (SELECT count(*) FROM sessions WHERE ${WITH_NULLS})
      + (SELECT count(*) FROM messages WHERE ${WITH_NULLS}) AS n`,
    run: [
      `UPDATE sessions SET extra = json_patch('{}', extra) WHERE ${WITH_NULLS}`,
      `UPDATE messages SET extra = json_patch('{}', extra) WHERE ${WITH_NULLS}`,
    ],
  },
];

// A step that is done has a row; a version that was reached has one that is finished.
const TABLE = `CREATE TABLE IF NOT EXISTS schemaVersions (
  version INTEGER PRIMARY KEY, rows INTEGER NOT NULL, finishedAt INTEGER NOT NULL)`;

const NOTE = `INSERT INTO schemaVersions (version, rows, finishedAt) VALUES ({:version}, {:rows}, {:finishedAt})
  ON CONFLICT (version) DO UPDATE SET finishedAt = excluded.finishedAt`;

const run = (db, sql, params = {}) => db.newQuery(sql).bind(params).execute().rowsAffected();

function numbers(db, sql, params = {}) {
  const rows = arrayOf(new DynamicModel({ n: 0 }));
  db.newQuery(sql).bind(params).all(rows);
  return rows.map(({ n }) => n);
}

const exists = (db, name) =>
  numbers(db, "SELECT count(*) AS n FROM sqlite_master WHERE type = 'table' AND name = {:name}", { name })[0] > 0;

/** The version that was reached last: 0 is an empty database, 1 one from before they were counted. */
function version(db) {
  if (exists(db, "schemaVersions")) {
    const reached = numbers(db, "SELECT COALESCE(max(version), 0) AS n FROM schemaVersions WHERE finishedAt > 0")[0];
    if (reached > 0) {
      return reached;
    }
  }
  return exists(db, "sessions") ? 1 : 0;
}

/** The steps on the way to a version that are not done. */
function pending(db, to) {
  const from = version(db);
  const done = exists(db, "schemaVersions") ? numbers(db, "SELECT version AS n FROM schemaVersions") : [];
  const isNext = ({ version: number }) => number > from && number <= to && !done.includes(number);
  return from === 0 ? [] : STEPS.filter(isNext);
}

/** Where the database is, and which hooks PocketBase has loaded. */
const status = (app) => ({ version: version(app.db()), hooks: app.store().get("opensyncHooks") });

/** What `step` will do, one after the other. */
const plan = (app, { to }) => ({
  steps: pending(app.db(), to).map((step) => ({
    version: step.version,
    what: step.what,
    table: step.table,
    rows: numbers(app.db(), step.rows)[0],
  })),
});

/** Note that an upgrade begins: an empty database has no rows, also when the upgrade is interrupted. */
function begin(app, { to }) {
  app.runInTransaction((tx) => {
    const db = tx.db();
    const isEmpty = version(db) === 0;
    run(db, TABLE);
    for (const step of isEmpty ? STEPS : []) {
      if (step.version <= to) {
        run(db, NOTE, { version: step.version, rows: 0, finishedAt: 0 });
      }
    }
  });
  return {};
}

/** Do the next step on the way to a version, whole or not at all; {"version": 0} where none is left. */
function step(app, { to }) {
  let done = { version: 0 };
  app.runInTransaction((tx) => {
    const db = tx.db();
    const next = pending(db, to)[0];
    if (next) {
      const rows = next.run.reduce((sum, sql) => sum + run(db, sql), 0);
      run(db, NOTE, { version: next.version, rows, finishedAt: 0 });
      done = { version: next.version, rows };
    }
  });
  return done;
}

/** Note that the database is of this version. */
function finish(app, { to }) {
  run(app.db(), NOTE, { version: to, rows: 0, finishedAt: Date.now() });
  return {};
}

/** Tell these hooks from others. Called when PocketBase loads them; pocketbase/version.py does the same. */
function digest() {
  const names = $os.readDir(`${__hooks}/lib`).map((entry) => `lib/${entry.name()}`);
  const scripts = names.filter((name) => name.endsWith(".js")).sort();
  const read = (name) => `${name}\n${toString($os.readFile(`${__hooks}/${name}`))}`;
  const texts = ["opensync.pb.js", ...scripts].map(read);
  return $security.sha256(texts.join("\n"));
}

// One route leads to these, by name: `POST /api/opensync/schema?do=name`.
const actions = { status, plan, begin, step, finish };

/** Do what `name` says with the parsed body; null where there is no such name. */
const act = (app, name, body) => (Object.hasOwn(actions, name) ? actions[name](app, body) : null);

module.exports = { act, digest };
