// Full-text search of one user's sessions. SQLite ranks and writes the JSON.

const searchIndex = require(`${__hooks}/lib/search_index.js`);

const RANKED = 4000; // the latest matches of a user that are ranked; bounds the cost of a common word
const MOST = 1000; // hits of one search, and how far totals are exact
const CATCH_UP = 250; // ms that a search spends on what is not yet indexed

// How much a word counts: said, in a tool call or a path, as a part of a name.
const SCORE = "bm25(searchText, 1.0, 0.4, 0.5)";

const FILTERS = {
  role: "searchDocs.role = {:role}",
  session: "searchDocs.session = {:session}",
  from: "searchDocs.createdAt >= {:from}",
  to: "searchDocs.createdAt <= {:to}",
  source: "sessions.source = {:source}",
  model: "sessions.model = {:model}",
  project: "(sessions.projectName = {:project} OR sessions.projectPath = {:project})",
};
const OF_SESSION = ["source", "model", "project"];

// The owner is compared after the match: as a term of it, no search takes less than a read of all
// that the owner has.
function matching(columns, filters, scope) {
  const where = Object.keys(filters).map((name) => FILTERS[name]);
  if (scope === "messages") {
    where.push("searchDocs.role != ''");
  }
  const sessions = OF_SESSION.some((name) => name in filters)
    ? "CROSS JOIN sessions ON sessions.id = searchDocs.session"
    : "";
  return `SELECT ${columns}
    FROM searchText CROSS JOIN searchDocs ON searchDocs.doc = searchText.rowid ${sessions}
    WHERE searchText MATCH {:match} AND searchDocs.user = {:user} ${where.map((w) => `AND ${w}`).join(" ")}
    ORDER BY searchText.rowid DESC LIMIT ${RANKED}`;
}

const ranked = (filters, scope) =>
  matching(`searchDocs.doc, searchDocs.session, record, ${SCORE} AS score`, filters, scope);

const found = (filters, scope) => `WITH
    ranked AS MATERIALIZED (${ranked(filters, scope)}),
    hits AS MATERIALIZED (
      SELECT session, record, min(score) AS score, max(doc) AS doc FROM ranked
      GROUP BY ${scope === "messages" ? "record" : "session"} ORDER BY 3, 4 DESC LIMIT ${MOST + 1})
  SELECT json_object(
    'hits', (
      SELECT json_group_array(json_array(session, record) ORDER BY score, doc DESC)
      FROM (SELECT * FROM hits ORDER BY score, doc DESC LIMIT ${MOST})),
    'more', json(iif(
      (SELECT count(*) FROM hits) > ${MOST} OR (SELECT count(*) FROM ranked) >= ${RANKED},
      'true', 'false'))) AS json`;

function json(app, sql, params) {
  const rows = arrayOf(new DynamicModel({ json: "" }));
  app.db().newQuery(sql).bind(params).all(rows);
  return rows[0].json;
}

/**
 * Return the expression that matches any of the words, but for those that so many messages have that
 * messages with a rare one would not be among the ranked.
 */
function anyOf(app, words, { user, scope, filters }) {
  const sql = `SELECT json_array(count(*)) AS json FROM (${matching("1", filters, scope)})`;
  const rare = words.filter(
    (match) => JSON.parse(json(app, sql, { user, match, ...filters }))[0] < RANKED,
  );
  return (rare.length > 0 ? rare : words).join(" OR ");
}

/**
 * Rank what matches: the first of the MATCH expressions `matches` that finds something, or else any
 * of `words`. Returns JSON: {"match": the expression, "hits": [[session, record]…], "more": whether
 * there are further ones}, where `record` is a message, or the session itself for its title.
 */
function find(app, asked) {
  searchIndex.catchUpIfBehind(app, CATCH_UP);
  const { user, matches, words = [], scope, filters } = asked;
  const sql = found(filters, scope);
  const hits = (match) => {
    const answer = json(app, sql, { user, match, ...filters });
    return `{"match":${JSON.stringify(match)},${answer.slice(1)}`;
  };
  for (const match of matches) {
    const answer = hits(match);
    if (!answer.includes('"hits":[],')) {
      return answer;
    }
  }
  return words.length > 0 ? hits(anyOf(app, words, asked)) : '{"match":"","hits":[],"more":false}';
}

const optional = (column) => `'${column}', nullif(${column}, '')`;

const SESSIONS = `SELECT json_group_array(json_object(
    'id', id, 'externalId', externalId,
    ${["title", "source", "model", "projectName", "projectPath"].map(optional).join(", ")},
    'totalTokens', totalTokens, 'cost', cost, 'messageCount', messageCount,
    'createdAt', createdAt, 'updatedAt', updatedAt)) AS json
  FROM sessions WHERE user = {:user} AND id IN (SELECT value->>0 FROM json_each({:items}))`;

// Marks around matches: control characters, which are not words, so they match nothing themselves.
const snippet = (column) => `snippet(searchText, ${column}, char(2), char(3), char(8230), 32)`;

const MARKED = `WITH marked AS MATERIALIZED (
    SELECT record, ${snippet(0)} AS said, ${snippet(1)} AS tools
    FROM searchText JOIN searchDocs ON searchDocs.doc = searchText.rowid
    WHERE searchText MATCH {:match} AND searchText.rowid IN (
      SELECT doc FROM json_each({:items}) JOIN searchDocs ON record = value->>1 WHERE user = {:user}))
  SELECT json_group_array(json_array(record, said, tools)) AS json FROM marked`;

const TEXTS = `SELECT json_group_array(json_array(
    record, searchDocs.session, role, searchDocs.createdAt,
    substr(said, 1, {:chars}), substr(tools, 1, {:chars}))) AS json
  FROM json_each({:items}) JOIN searchDocs ON record = value->>1
  JOIN searchText ON searchText.rowid = doc
  WHERE user = {:user}`;

/**
 * What is shown of hits `items`, [[session, record]…], as JSON: {"sessions": […], "marked":
 * [[record, said, tools]…] with matches between U+0002 and U+0003, "texts": [[record, session, role,
 * createdAt, said, tools]…] of those without a mark, each the first `chars` characters}. What is not
 * the user's is left out.
 */
function show(app, { user, match, items, chars }) {
  const params = { user, items: JSON.stringify(items) };
  const sessions = json(app, SESSIONS, params);
  const marked = match ? json(app, MARKED, { ...params, match }) : "[]";
  const done = new Set();
  for (const [record, said, tools] of JSON.parse(marked)) {
    if (said.includes("\u0002") || tools.includes("\u0002")) {
      done.add(record);
    }
  }
  const bare = items.filter((item) => !done.has(item[1]));
  const texts = bare.length > 0 ? json(app, TEXTS, { user, items: JSON.stringify(bare), chars }) : "[]";
  return `{"sessions":${sessions},"marked":${marked},"texts":${texts}}`;
}

module.exports = { find, show };
