// Reads what an export takes: first which sessions, then these and their messages, some at a time, so
// that an archive of any size fits into memory. Every read names the owner.

const IDS = (where) => `SELECT json_group_array(id ORDER BY createdAt DESC, id DESC) AS json
  FROM sessions WHERE ${where}`;

const texts = (columns) => columns.map((column) => `'${column}', nullif(${column}, '')`).join(", ");
const numbers = (columns) => columns.map((column) => `'${column}', nullif(${column}, 0)`).join(", ");

const SESSION = `json_object('id', sessions.id, 'externalId', externalId,
  ${texts(["title", "source", "model", "provider", "projectName", "projectPath", "gitBranch", "endReason"])},
  'promptTokens', promptTokens, 'completionTokens', completionTokens, 'totalTokens', totalTokens,
  ${numbers(["cacheReadTokens", "cacheWriteTokens", "reasoningTokens"])},
  'cost', cost, ${numbers(["durationMs", "toolCallCount"])}, 'messageCount', messageCount,
  'isPublic', json(iif(isPublic, 'true', 'false')), ${texts(["publicSlug"])},
  'evalReady', json(iif(evalReady, 'true', 'false')),
  ${texts(["evalStatus", "evalNotes", "expectedOutput", "summary"])},
  'evalTags', json(iif(json_valid(evalTags) AND json_type(evalTags) = 'array', evalTags, '[]')),
  'createdAt', createdAt, 'updatedAt', updatedAt)`;

// CROSS JOIN lets the ids lead: through the owner's index, every session would be looked at for each.
const SESSIONS = `SELECT COALESCE(json_group_array(json(${SESSION}) ORDER BY given.key), '[]') AS json
  FROM json_each({:ids}) AS given CROSS JOIN sessions ON sessions.id = given.value WHERE user = {:user}`;

const PARTS = `COALESCE((
  SELECT json_group_array(json_object('type', type, 'content', json(COALESCE(content, 'null'))) ORDER BY "order")
  FROM parts WHERE parts.message = messages.id), '[]')`;

const MESSAGE = `json_object('id', messages.id, 'session', session, 'externalId', externalId, 'role', role,
  ${texts(["textContent", "model"])}, ${numbers(["promptTokens", "completionTokens", "durationMs"])},
  'createdAt', messages.createdAt, 'seq', messages.seq, 'parts', json(${PARTS}))`;

// The messages after a place in the first of the sessions, then those of the others, in order. The
// first of an answer is given whatever its size.
const MESSAGES = `WITH wanted AS MATERIALIZED (
    SELECT key AS n, sessions.id AS session FROM json_each({:ids}) AS given
    CROSS JOIN sessions ON sessions.id = given.value WHERE user = {:user}),
  next AS MATERIALIZED (
    SELECT messages.id, n, createdAt, seq FROM wanted JOIN messages ON messages.session = wanted.session
    WHERE createdAt >= iif(n = 0, {:createdAt}, -1)
      AND (n > 0 OR (createdAt, seq, messages.id) > ({:createdAt}, {:seq}, {:id}))
    ORDER BY n, createdAt, seq, messages.id LIMIT {:most} + 1),
  sized AS (
    SELECT next.*, octet_length(textContent) + COALESCE((
      SELECT sum(octet_length(content)) FROM parts WHERE parts.message = next.id), 0) AS size
    FROM next JOIN messages ON messages.id = next.id),
  placed AS (
    SELECT id, row_number() OVER place AS row, sum(size) OVER place - size AS above
    FROM sized WINDOW place AS (ORDER BY n, createdAt, seq, id)),
  shown AS MATERIALIZED (SELECT id, row FROM placed WHERE row <= {:most} AND above < {:bytes})
  SELECT json_object(
    'messages', json((SELECT COALESCE(json_group_array(json(${MESSAGE}) ORDER BY row), '[]')
      FROM shown JOIN messages ON messages.id = shown.id)),
    'hasMore', json(iif((SELECT count(*) FROM next) > (SELECT count(*) FROM shown), 'true', 'false'))) AS json`;

function json(app, sql, params) {
  const rows = arrayOf(new DynamicModel({ json: "" }));
  app.db().newQuery(sql).bind(params).all(rows);
  return rows[0].json;
}

const reads = {
  /** Ids of the selected sessions, the youngest first, as JSON. */
  ids(app, { user, selection }) {
    const { sql, params } = require(`${__hooks}/lib/selection.js`).where(user, selection);
    return json(app, IDS(sql), params);
  },

  /** The sessions of the user among `ids`, in their order, as JSON. */
  sessions: (app, { user, ids }) => json(app, SESSIONS, { user, ids: JSON.stringify(ids) }),

  /** Up to `most` messages of these sessions and about `bytes`, and whether there are more, as JSON. */
  messages: (app, { user, ids, after, most, bytes }) =>
    json(app, MESSAGES, { user, ids: JSON.stringify(ids), most, bytes, ...after }),
};

/** Do what `name` says with the parsed body; '' where there is no such name. */
const act = (app, name, body) => (Object.hasOwn(reads, name) ? reads[name](app, body) : "");

module.exports = { act };
