// Sums of the view `usageHourly` as JSON columns. SQLite writes them.

const TEXTS = ["source", "model", "provider", "project"];
const COUNTS = [
  "sessions",
  "messages",
  "promptTokens",
  "completionTokens",
  "totalTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "durationMs",
  "lastActive",
];

// A view's numbers are REAL, and 12.0 is longer than 12.
const columns = [
  ...["hour", ...TEXTS, "cost"].map((name) => `'${name}', json_group_array(${name})`),
  ...COUNTS.map((name) => `'${name}', json_group_array(CAST(${name} AS INTEGER))`),
];

const USAGE = `WITH mine AS MATERIALIZED (
    SELECT * FROM usageHourly WHERE user = {:user} AND hour >= {:begin} AND hour < {:end})
  SELECT json_object(${columns.join(", ")}) AS json FROM mine`;

/** What `user` used from hour `begin` to before hour `end`, hours counted since 1970, as JSON. */
function usage(app, { user, begin, end }) {
  const row = new DynamicModel({ json: "" });
  app.db().newQuery(USAGE).bind({ user, begin: Number(begin), end: Number(end) }).one(row);
  return row.json;
}

module.exports = { usage };
