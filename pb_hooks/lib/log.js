// Appends rows of the request log and notes when each key was last used.

const INSERT = `INSERT INTO apiLogs (id, user, apiKey, endpoint, method, statusCode, responseTimeMs, createdAt)
  SELECT lower(substr(hex(randomblob(8)), 1, 15)), value->>'user', value->>'apiKey', value->>'endpoint',
    value->>'method', value->>'statusCode', value->>'responseTimeMs', value->>'createdAt'
  FROM json_each({:rows}) WHERE value->>'user' IN (SELECT id FROM users)`;

const TOUCH_KEYS = `UPDATE apiKeys SET lastUsedAt = used.at
  FROM (SELECT value->>'apiKey' AS id, max(value->>'createdAt') AS at FROM json_each({:rows}) GROUP BY 1) AS used
  WHERE apiKeys.id = used.id AND apiKeys.lastUsedAt < used.at`;

const EXPIRE = "DELETE FROM apiLogs WHERE createdAt < {:before}";

/** Body: one line of JSON, {"rows": […], "before": ms}; rows older than `before` are dropped. */
function append(app, body) {
  const { rows, before } = JSON.parse(body);
  const json = JSON.stringify(rows);
  app.runInTransaction((tx) => {
    tx.db().newQuery(INSERT).bind({ rows: json }).execute();
    tx.db().newQuery(TOUCH_KEYS).bind({ rows: json }).execute();
    tx.db().newQuery(EXPIRE).bind({ before }).execute();
  });
}

module.exports = { append };
