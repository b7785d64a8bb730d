// How much there is of each collection, and what takes the most room. SQLite knows the length of a
// text without reading it, so this costs about a second for 100,000 messages with 400,000 parts.

const bytes = (...columns) => columns.map((column) => `ifnull(octet_length(${column}), 0)`).join(" + ");

const measure = (size, from) => `(SELECT json_array(count(*), ifnull(sum(${size}), 0)) ${from})`;

const TEXTS_OF_SESSION = bytes(
  ...["externalId", "title", "projectPath", "projectName", "searchableText", "summary", "evalNotes"],
  ...["evalTags", "expectedOutput", "extra"],
);

// An embedding without a vector only notes that a text has none.
const vectors = (table) => measure(bytes("vector"), `FROM ${table} WHERE session = sessions.id AND octet_length(vector) > 0`);

// [rows, bytes] of what hangs on a session. Bytes are those of texts and vectors: what the database
// needs around them, and for its indexes, is a matter of its file.
const OF_SESSION = {
  messages: measure(bytes("externalId", "textContent", "extra"), "FROM messages WHERE session = sessions.id"),
  parts: measure(
    bytes("type", "content"),
    "FROM messages JOIN parts ON message = messages.id WHERE session = sessions.id",
  ),
  messageEmbeddings: vectors("messageEmbeddings"),
  sessionEmbeddings: vectors("sessionEmbeddings"),
  searchIndex: measure(
    bytes("c0", "c1", "c2"),
    "FROM searchDocs JOIN searchText_content ON searchText_content.id = doc WHERE searchDocs.session = sessions.id",
  ),
};

const NAMES = Object.keys(OF_SESSION);
const LARGEST = 20;

// Weeks are counted from the Monday before 1970, in UTC.
const MEASURED = (where) => `measured AS MATERIALIZED (
    SELECT id, user, title, COALESCE(NULLIF(projectName, ''), projectPath) AS project,
      (unixepoch(created) / 86400 + 3) / 7 AS week, ${TEXTS_OF_SESSION} AS own,
      ${NAMES.map((name) => `${OF_SESSION[name]} AS ${name}`).join(", ")}
    FROM sessions ${where}),
  sized AS MATERIALIZED (
    SELECT *, messages->>0 AS messageRows, parts->>0 AS partRows,
      messageEmbeddings->>0 + sessionEmbeddings->>0 AS vectors,
      own + ${NAMES.map((name) => `(${name}->>1)`).join(" + ")} AS bytes
    FROM measured)`;

const LOGS = bytes("id", "user", "apiKey", "endpoint", "method");

const collection = (name, rows, size) =>
  `json_object('name', '${name}', 'rows', ${rows}, 'bytes', ifnull(${size}, 0))`;

const COLLECTIONS = `SELECT json_array(
    ${collection("sessions", "count(*)", "sum(own)")},
    ${NAMES.map((name) => collection(name, `ifnull(sum(${name}->>0), 0)`, `sum(${name}->>1)`)).join(", ")},
    (SELECT ${collection("trash", "count(*)", "sum(bytes)")} FROM trash WHERE user = {:user}),
    (SELECT ${collection("apiLogs", "count(*)", `sum(${LOGS})`)} FROM apiLogs WHERE user = {:user}))
  FROM sized`;

const SUMS = `'sessions', count(*), 'messages', sum(messageRows), 'parts', sum(partRows), 'bytes', sum(bytes)`;

// What is here now, by when it came.
const WEEKS = `SELECT json_group_array(json(line) ORDER BY week) FROM (
  SELECT week, json_object('start', (week * 7 - 3) * 86400000, ${SUMS}) AS line
  FROM sized WHERE week > 0 GROUP BY week)`;

const PROJECTS = `SELECT json_group_array(json(line) ORDER BY size DESC, project) FROM (
  SELECT project, sum(bytes) AS size, json_object('name', project, ${SUMS}) AS line
  FROM sized GROUP BY project ORDER BY size DESC, project LIMIT ${LARGEST})`;

const SESSIONS = `SELECT json_group_array(json_object(
    'id', id, 'title', title, 'project', project, 'messages', messageRows, 'parts', partRows, 'bytes', bytes)
    ORDER BY bytes DESC, id)
  FROM (SELECT * FROM sized ORDER BY bytes DESC, id LIMIT ${LARGEST})`;

const OF_USER = `WITH ${MEASURED("WHERE user = {:user}")}
  SELECT json_object(
    'collections', json((${COLLECTIONS})), 'vectors', (SELECT ifnull(sum(vectors), 0) FROM sized),
    'weeks', json((${WEEKS})), 'sessions', json((${SESSIONS})), 'projects', json((${PROJECTS}))) AS json`;

const USERS = `WITH ${MEASURED("")}
  SELECT json_group_array(json_object(
      'id', id, 'name', name, 'email', email, 'sessions', ifnull(sessions, 0), 'messages', ifnull(messages, 0),
      'parts', ifnull(parts, 0), 'vectors', ifnull(vectors, 0), 'bytes', ifnull(bytes, 0))
    ORDER BY bytes DESC, email) AS json
  FROM users LEFT JOIN (
    SELECT user, count(*) AS sessions, sum(messageRows) AS messages, sum(partRows) AS parts,
      sum(vectors) AS vectors, sum(bytes) AS bytes FROM sized GROUP BY user) ON user = users.id`;

// Of a table with its indexes. A full-text table keeps its own in tables that begin with its name.
const TABLES = `SELECT json_group_array(json_object('name', name, 'bytes', bytes) ORDER BY bytes DESC, name) AS json
  FROM (
    SELECT iif(tbl_name GLOB 'searchText_*', 'searchText', COALESCE(tbl_name, dbstat.name)) AS name, sum(pgsize) AS bytes
    FROM dbstat LEFT JOIN sqlite_schema ON sqlite_schema.name = dbstat.name
    WHERE aggregate = TRUE GROUP BY 1)`;

const FREE = `SELECT freelist_count * page_size AS json FROM pragma_freelist_count, pragma_page_size`;

function json(app, sql, params = {}) {
  const row = new DynamicModel({ json: "" });
  app.db().newQuery(sql).bind(params).one(row);
  return row.json;
}

function sizeOf(path) {
  try {
    return $os.stat(path).size();
  } catch (_) {
    return 0; // there is none at the moment
  }
}

/** What `user` keeps: each collection, the weeks it came in, the largest sessions and projects. */
const ofUser = (app, { user }) => json(app, OF_USER, { user });

/** What the whole database is made of, and what each user keeps. */
function all(app) {
  const dir = app.dataDir();
  const folder = $filepath.isAbs(dir) ? dir : $filepath.join($os.getwd(), dir);
  const size = (name) => sizeOf($filepath.join(folder, name));
  return JSON.stringify({
    folder,
    database: size("data.db"),
    wal: size("data.db-wal"),
    logs: size("auxiliary.db") + size("auxiliary.db-wal"),
    free: Number(json(app, FREE)),
    tables: JSON.parse(json(app, TABLES)),
    users: JSON.parse(json(app, USERS)),
  });
}

// One route leads to these, by name: `POST /api/opensync/storage?do=name`.
const actions = { ofUser, all };

/** Do what `name` says with the parsed body; null where there is no such name. */
const act = (app, name, body) => (Object.hasOwn(actions, name) ? actions[name](app, body) : null);

module.exports = { act };
