// The full-text index: what it holds, and how it keeps in step with sessions, messages and parts.
//
//   searchText   FTS5. `said`: titles and what was said; `tools`: names, arguments and output of
//                tools, project names; `terms`: the parts of camelCase names and names like c++
//   searchDocs   for each of its rows whose it is and from which record it comes. Their integer key
//                is explicit, so VACUUM does not renumber it
//   searchQueue  records whose text has changed since
//
// Triggers put what changes into the queue, whoever changes it, and take out what is deleted at
// once. The sidecar's indexer works the queue off after each write; a search, and a job each minute,
// do the same, so nothing depends on it.

// To be counted up when other text is indexed of the same record: everything is indexed anew.
const RECIPE = 1;

const CHUNK = 32; // records a transaction, so that a sync request waits a few ms for it at most

const TABLES = [
  `CREATE TABLE searchDocs (
    doc INTEGER PRIMARY KEY, record TEXT NOT NULL UNIQUE, session TEXT NOT NULL, user TEXT NOT NULL,
    role TEXT NOT NULL, createdAt INTEGER NOT NULL)`,
  "CREATE INDEX searchDocsBySession ON searchDocs (session)",
  "CREATE TABLE searchQueue (n INTEGER PRIMARY KEY AUTOINCREMENT, record TEXT NOT NULL UNIQUE)",
  `CREATE VIRTUAL TABLE searchText USING fts5 (
    said, tools, terms, tokenize = "porter unicode61 remove_diacritics 2")`,
  `CREATE TABLE searchRecipe AS SELECT ${RECIPE} AS recipe`,
];

const DROP = ["searchText", "searchDocs", "searchQueue", "searchRecipe"];

const queue = (record) =>
  `INSERT INTO searchQueue (record) SELECT ${record} WHERE TRUE ON CONFLICT (record) DO NOTHING`;

const forget = `DELETE FROM searchText WHERE rowid = (SELECT doc FROM searchDocs WHERE record = OLD.id);
    DELETE FROM searchDocs WHERE record = OLD.id;
    DELETE FROM searchQueue WHERE record = OLD.id`;

const differs = (columns) => columns.map((column) => `OLD.${column} IS NOT NEW.${column}`).join(" OR ");

const SESSION_TEXT = ["title", "projectName", "projectPath", "createdAt"];
const MESSAGE_TEXT = ["textContent", "role", "session", "createdAt"];
const PART_TEXT = ["message", "type", "content"];

const TRIGGERS = {
  searchSessionAdded: `AFTER INSERT ON sessions BEGIN ${queue("NEW.id")}; END`,
  searchSessionChanged: `AFTER UPDATE OF ${SESSION_TEXT.join(", ")} ON sessions
    WHEN ${differs(SESSION_TEXT)} BEGIN ${queue("NEW.id")}; END`,
  searchSessionMoved: `AFTER UPDATE OF user ON sessions WHEN ${differs(["user"])}
    BEGIN UPDATE searchDocs SET user = NEW.user WHERE session = NEW.id; END`,
  searchSessionDeleted: `AFTER DELETE ON sessions BEGIN ${forget}; END`,
  searchMessageAdded: `AFTER INSERT ON messages BEGIN ${queue("NEW.id")}; END`,
  searchMessageChanged: `AFTER UPDATE OF ${MESSAGE_TEXT.join(", ")} ON messages
    WHEN ${differs(MESSAGE_TEXT)} BEGIN ${queue("NEW.id")}; END`,
  searchMessageDeleted: `AFTER DELETE ON messages BEGIN ${forget}; END`,
  searchPartAdded: `AFTER INSERT ON parts BEGIN ${queue("NEW.message")}; END`,
  searchPartChanged: `AFTER UPDATE OF ${PART_TEXT.join(", ")} ON parts
    WHEN ${differs(PART_TEXT)} BEGIN ${queue("OLD.message")}; ${queue("NEW.message")}; END`,
  searchPartDeleted: `AFTER DELETE ON parts BEGIN ${queue("OLD.message")}; END`,
};

// What may have changed while there were no triggers.
const QUEUE_ALL = `INSERT INTO searchQueue (record)
  SELECT id FROM sessions UNION ALL SELECT id FROM messages WHERE TRUE
  ON CONFLICT (record) DO NOTHING`;

const GONE = `SELECT doc FROM searchDocs
  WHERE record NOT IN (SELECT id FROM sessions UNION ALL SELECT id FROM messages)`;

const STAGE = `CREATE TEMP TABLE IF NOT EXISTS searchStage (
  doc INTEGER PRIMARY KEY, said TEXT NOT NULL, tools TEXT NOT NULL, terms TEXT NOT NULL DEFAULT '')`;

// The oldest first keeps rows in the order of time, of which ranking makes use; who searches wants
// what was written last, whatever still waits from before.
const OLDEST = "SELECT record, n FROM searchQueue ORDER BY n LIMIT {:most}";
const NEWEST = "SELECT record, n FROM searchQueue ORDER BY n DESC LIMIT {:most}";

const QUEUED = "SELECT value AS record FROM json_each({:records})";

const PUT_DOCS = `INSERT INTO searchDocs (record, session, user, role, createdAt)
  SELECT messages.id, session, user, role, messages.createdAt
    FROM (${QUEUED}) JOIN messages ON messages.id = record JOIN sessions ON sessions.id = session
  UNION ALL SELECT id, id, user, '', createdAt FROM (${QUEUED}) JOIN sessions ON id = record WHERE TRUE
  ON CONFLICT (record) DO UPDATE SET
    session = excluded.session, user = excluded.user, role = excluded.role, createdAt = excluded.createdAt`;

// A text part is a text or an object around one; textContent mostly repeats it.
const PART_SAID = "COALESCE(content->>'$.text', content->>'$.content', iif(json_type(content) = 'text', content->>'$', ''))";

const SAID = `concat_ws(char(10), nullif(textContent, ''), (
  SELECT group_concat(text, char(10) ORDER BY "order") FROM (
    SELECT ${PART_SAID} AS text, "order" FROM parts
    WHERE message = messages.id AND type = 'text' AND json_valid(content))
  WHERE instr(textContent, text) = 0))`;

// Every text in what is not a text part: names, arguments, output, thinking. No keys, no numbers.
const TOOLS = `COALESCE((
  SELECT group_concat(atom, char(10) ORDER BY "order", leaf.id)
  FROM parts JOIN json_tree(iif(json_valid(content), content, '""')) AS leaf
  WHERE message = messages.id AND parts.type != 'text' AND leaf.type = 'text' AND atom != ''
    AND instr(textContent, atom) = 0), '')`;

const STAGE_TEXTS = `INSERT INTO temp.searchStage (doc, said, tools)
  SELECT doc, ${SAID}, ${TOOLS}
    FROM (${QUEUED}) AS queued JOIN messages ON messages.id = queued.record
    JOIN searchDocs ON searchDocs.record = queued.record
  UNION ALL SELECT doc, title, concat_ws(char(10), nullif(projectName, ''), nullif(projectPath, ''))
    FROM (${QUEUED}) AS queued JOIN sessions ON sessions.id = queued.record
    JOIN searchDocs ON searchDocs.record = queued.record`;

// Most texts have nothing to add; these may.
const STAGED_NAMES = `SELECT doc, concat(said, char(10), tools) AS text FROM temp.searchStage
  WHERE text GLOB '*[a-z0-9][A-Z]*' OR text GLOB '*[A-Z][A-Z][a-z]*' OR text GLOB '*[A-Za-z]++*'
    OR text GLOB '*[A-Za-z]#*' OR text LIKE '%.net%'`;

const STAGE_TERMS = `UPDATE temp.searchStage SET terms = found.value->>1
  FROM json_each({:terms}) AS found WHERE doc = found.value->>0`;

const PUT_TEXTS = `INSERT OR REPLACE INTO searchText (rowid, said, tools, terms)
  SELECT doc, said, tools, terms FROM temp.searchStage`;

const DEQUEUE = `DELETE FROM searchQueue WHERE record IN (${QUEUED})`;

const NAME = /[A-Za-z0-9]*(?:[a-z0-9][A-Z]|[A-Z][A-Z][a-z])[A-Za-z0-9]*/g;
const SIGNED = /[A-Za-z]+\+\+|[A-Za-z]+#|\.net\b/gi;
const LONGEST_NAME = 80; // longer ones are base64
const MOST_NAMES = 2000;

/** What else a text is found by: the parts of its camelCase names, and c++ as `cplusplus`. */
function terms(text) {
  const names = new Set();
  for (const name of text.match(NAME) || []) {
    if (name.length <= LONGEST_NAME && names.size < MOST_NAMES) {
      names.add(name);
    }
  }
  const found = [];
  for (const name of names) {
    found.push(name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/([A-Z])([A-Z][a-z])/g, "$1 $2"));
  }
  for (const name of new Set((text.match(SIGNED) || []).slice(0, MOST_NAMES))) {
    found.push(name.toLowerCase().replace("++", "plusplus").replace("#", "sharp").replace(".", "dot"));
  }
  return found.join("\n");
}

const run = (db, sql, params = {}) => db.newQuery(sql).bind(params).execute();

function all(db, sql, shape, params = {}) {
  const rows = arrayOf(new DynamicModel(shape));
  db.newQuery(sql).bind(params).all(rows);
  return rows;
}

const count = (db, sql) => all(db, `SELECT (${sql}) AS n`, { n: 0 })[0].n;

const exist = (db, names) =>
  count(
    db,
    `SELECT count(*) FROM sqlite_master WHERE name IN (${names.map((name) => `'${name}'`).join(", ")})`,
  ) === names.length;

const SOURCES = ["sessions", "messages", "parts"];
const OURS = [...DROP, ...Object.keys(TRIGGERS)];

/** Tell whether everything that keeps the index in step is there. */
const isPrepared = (app) =>
  exist(app.db(), OURS) && count(app.db(), "SELECT recipe FROM searchRecipe") === RECIPE;

/** Make tables and triggers that are missing, and queue what may have changed without them. */
function prepare(app) {
  if (isPrepared(app)) {
    return;
  }
  app.runInTransaction((tx) => {
    const db = tx.db();
    if (!exist(db, SOURCES)) {
      return;
    }
    if (!exist(db, DROP) || count(db, "SELECT recipe FROM searchRecipe") !== RECIPE) {
      DROP.forEach((name) => run(db, `DROP TABLE IF EXISTS ${name}`));
      TABLES.forEach((sql) => run(db, sql));
    }
    for (const name in TRIGGERS) {
      run(db, `DROP TRIGGER IF EXISTS ${name}`);
      run(db, `CREATE TRIGGER ${name} ${TRIGGERS[name]}`);
    }
    run(db, `DELETE FROM searchText WHERE rowid IN (${GONE})`);
    run(db, `DELETE FROM searchDocs WHERE doc IN (${GONE})`);
    run(db, QUEUE_ALL);
  });
}

/** Index the records that `which` takes of the queue, in the transaction of `db`. */
function index(db, which) {
  const sql = `SELECT record FROM (${which}) ORDER BY n`;
  const records = all(db, sql, { record: "" }, { most: CHUNK }).map(({ record }) => record);
  const queued = { records: JSON.stringify(records) };
  run(db, STAGE);
  run(db, "DELETE FROM temp.searchStage");
  run(db, PUT_DOCS, queued);
  run(db, STAGE_TEXTS, queued);
  const found = all(db, STAGED_NAMES, { doc: 0, text: "" }).map(({ doc, text }) => [doc, terms(text)]);
  if (found.length > 0) {
    run(db, STAGE_TERMS, { terms: JSON.stringify(found) });
  }
  run(db, PUT_TEXTS);
  run(db, DEQUEUE, queued);
  run(db, "DELETE FROM temp.searchStage");
}

const backlog = (app) => count(app.db(), "SELECT count(*) FROM searchQueue");

/** Index what is queued for at most `ms`, a chunk a transaction. Returns how much is left. */
function catchUp(app, ms, which = OLDEST) {
  prepare(app);
  if (!exist(app.db(), OURS)) {
    return 0;
  }
  const until = Date.now() + ms;
  while (backlog(app) > 0) {
    app.runInTransaction((tx) => index(tx.db(), which));
    if (Date.now() >= until) {
      break;
    }
  }
  return backlog(app);
}

/** Do so where something is queued, the newest first, at the cost of one look where nothing is. */
function catchUpIfBehind(app, ms) {
  let isBehind = true;
  try {
    const behind = "recipe != {:recipe} OR EXISTS (SELECT 1 FROM searchQueue)";
    const rows = all(app.db(), `SELECT ${behind} AS n FROM searchRecipe`, { n: 0 }, { recipe: RECIPE });
    isBehind = rows[0].n !== 0;
  } catch (_) {
    // There is no index yet.
  }
  if (isBehind) {
    catchUp(app, ms, NEWEST);
  }
}

module.exports = { prepare, catchUp, catchUpIfBehind };
