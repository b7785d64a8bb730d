// The request log of a user, counted. Times to answer are counted in classes, each a fixed share
// longer than the one before: one pass over the rows, and their number stays small however many
// requests there were. SQLite writes the JSON.

const COLUMNS = ["bucket", "apiKey", "method", "endpoint", "statusCode", "class", "requests"];

const SUMMARY = `SELECT json_object(
    ${COLUMNS.map((name) => `'${name}', json_group_array(${name})`).join(", ")}) AS json
  FROM (
    SELECT CAST((createdAt - {:begin}) / {:step} AS INTEGER) AS bucket, apiKey, method, endpoint,
      CAST(statusCode AS INTEGER) AS statusCode,
      CAST(ln(max(responseTimeMs, 1)) * {:classes} AS INTEGER) AS class, count(*) AS requests
    FROM apiLogs
    WHERE user = {:user} AND createdAt >= {:begin} AND createdAt < {:end}
      AND ({:key} IS NULL OR apiKey = {:key}) AND ({:method} IS NULL OR method = {:method})
      AND ({:endpoint} IS NULL OR endpoint = {:endpoint}) AND ({:status} IS NULL OR statusCode = {:status})
    GROUP BY 1, 2, 3, 4, 5, 6)`;

/**
 * Count requests from `begin` to before `end` (Unix ms) as JSON columns: by steps of `step` ms, key,
 * method, endpoint, status, and class of the time to answer, of which there are `classes` to a factor
 * of e. A filter that is null lets everything pass; the key '' is none.
 */
function summary(app, { user, begin, end, step, classes, key, method, endpoint, status }) {
  const row = new DynamicModel({ json: "" });
  app.db().newQuery(SUMMARY).bind({ user, begin, end, step, classes, key, method, endpoint, status }).one(row);
  return row.json;
}

module.exports = { summary };
