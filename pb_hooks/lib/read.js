// Reads that would take PocketBase's REST API many requests. SQLite writes the JSON.

const optional = (column) => `'${column}', nullif(${column}, '')`;
const positive = (column) => `'${column}', nullif(${column}, 0)`;

const SESSION = `json_object(
  'id', id, 'externalId', externalId, ${["title", "projectPath", "projectName", "model", "provider", "source"].map(optional).join(", ")},
  'promptTokens', promptTokens, 'completionTokens', completionTokens, 'totalTokens', totalTokens,
  'cost', cost, ${positive("durationMs")}, 'isPublic', json(iif(isPublic, 'true', 'false')),
  'messageCount', messageCount, 'createdAt', createdAt, 'updatedAt', updatedAt)`;

const PARTS = `COALESCE((
  SELECT json_group_array(json_object('type', type, 'content', json(COALESCE(content, 'null'))) ORDER BY "order")
  FROM parts WHERE parts.message = messages.id), json('[]'))`;

const MESSAGE = `json_object(
  'id', id, 'externalId', externalId, 'role', role, ${["textContent", "model"].map(optional).join(", ")},
  ${["promptTokens", "completionTokens", "durationMs"].map(positive).join(", ")},
  'createdAt', createdAt, 'parts', json(${PARTS}))`;

const TRANSCRIPT = `SELECT json_object(
    'session', json(${SESSION}),
    'messages', json((
      SELECT COALESCE(json_group_array(json(${MESSAGE}) ORDER BY createdAt, seq, id), '[]')
      FROM messages WHERE messages.session = {:id}))) AS json
  FROM sessions WHERE id = {:id} AND user = {:user}`;

// The next messages in order, of those that changed after `since`. What shares a moment with the
// reading, or was being written meanwhile, is younger than the watermark and comes again.
const NEXT = `messages.session = {:id} AND (createdAt, seq, id) > ({:at}, {:seq}, {:last})
  AND ({:since} = '' OR updated > {:since}) ORDER BY createdAt, seq, id`;

const PAGE = `SELECT json_object(
    'messages', json((
      SELECT COALESCE(json_group_array(json_insert(${MESSAGE}, '$.seq', seq) ORDER BY createdAt, seq, id), '[]')
      FROM (SELECT * FROM messages WHERE ${NEXT} LIMIT {:limit}) AS messages)),
    'cursor', (SELECT createdAt || ':' || seq || ':' || id FROM messages WHERE ${NEXT} LIMIT 1 OFFSET {:limit} - 1),
    'watermark', min({:recent}, COALESCE((SELECT max(updated) FROM messages WHERE messages.session = {:id}), ''))) AS json
  FROM sessions WHERE id = {:id} AND user = {:user}`;

const STATS = `WITH mine AS (SELECT * FROM sessions WHERE user = {:user})
  SELECT json_object(
    'sessionCount', count(*), 'messageCount', COALESCE(sum(messageCount), 0),
    'totalTokens', COALESCE(sum(totalTokens), 0), 'totalCost', COALESCE(sum(cost), 0),
    'totalDurationMs', COALESCE(sum(durationMs), 0),
    'modelUsage', json((
      SELECT json_group_object(model, json_object('tokens', tokens, 'cost', cost, 'sessions', sessions))
      FROM (SELECT iif(model = '', 'unknown', model) AS model, sum(totalTokens) AS tokens,
        sum(cost) AS cost, count(*) AS sessions FROM mine GROUP BY 1)))) AS json
  FROM mine`;

// Stubs are left out: a plugin that fetches this list to skip what is there then heals them.
const EXTERNAL_IDS = `SELECT json_group_array(externalId ORDER BY createdAt, id) AS json
  FROM sessions WHERE user = {:user} AND NOT stub`;

function json(app, sql, params) {
  const rows = arrayOf(new DynamicModel({ json: "" }));
  app.db().newQuery(sql).bind(params).all(rows);
  return rows.length > 0 ? rows[0].json : "";
}

/** One session of `user` with all its messages and parts as JSON, '' when there is none. */
const transcript = (app, { user, id }) => json(app, TRANSCRIPT, { user, id });

/**
 * Up to `limit` messages of one session of `user` as JSON: those that follow `after` in order, and
 * changed after `since` when that is given. '' when there is no such session.
 */
function page(app, { user, id, after, since, limit }) {
  const [at, seq, last] = after ? after.split(":") : [-1, -1, ""];
  const recent = new Date(Date.now() - 1000).toISOString().replace("T", " ");
  return json(app, PAGE, { user, id, at: Number(at), seq: Number(seq), last, since, limit, recent });
}

/** Totals of `user` as JSON, by model too. */
const stats = (app, { user }) => json(app, STATS, { user });

/** External ids of the sessions of `user` as a JSON array. */
const externalIds = (app, { user }) => json(app, EXTERNAL_IDS, { user });

module.exports = { transcript, page, stats, externalIds };
