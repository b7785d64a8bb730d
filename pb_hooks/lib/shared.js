// Publishes sessions, and reads a published one by its slug, a page of messages at a time. What of it
// may be shown is decided in sidecar/domain/sharing.py; this only keeps an answer from growing without
// limit.

const PAGE_BYTES = 1 << 20; // the first message of a page is given whatever its size
const LONGEST = 101000; // characters of a text; a little more than is shown
const LARGEST = 2 << 20; // bytes of a part
const LARGEST_PICTURE = 12 << 20;

const SESSION = `SELECT json_object(
    'id', id, 'title', title, 'source', source, 'model', model, 'provider', provider,
    'projectName', projectName, 'projectPath', projectPath, 'cost', cost, 'evalNotes', evalNotes,
    'include', json(iif(json_valid(publicInclude), publicInclude, '{}')),
    'totalTokens', totalTokens, 'promptTokens', promptTokens, 'completionTokens', completionTokens,
    'messageCount', messageCount, 'durationMs', durationMs,
    'createdAt', createdAt, 'updatedAt', updatedAt) AS json
  FROM sessions WHERE publicSlug = {:slug} AND publicSlug != '' AND isPublic`;

const PART = `json_object('type', type, 'order', "order", 'content',
  json(iif(COALESCE(octet_length(content), 0) <= iif(instr(content, 'image/'), ${LARGEST_PICTURE}, ${LARGEST}),
    COALESCE(content, 'null'), '"(too large to show)"')))`;

const MESSAGE = `json_object(
  'id', messages.id, 'role', role, 'textContent', substr(textContent, 1, ${LONGEST}), 'model', model,
  'createdAt', createdAt, 'seq', seq,
  'promptTokens', promptTokens, 'completionTokens', completionTokens,
  'parts', json(COALESCE((SELECT json_group_array(json(${PART}) ORDER BY "order") FROM parts
    WHERE parts.message = messages.id), '[]')))`;

const MESSAGES = `WITH page AS MATERIALIZED (
    SELECT id, createdAt, seq, octet_length(textContent) + COALESCE((
      SELECT sum(octet_length(content)) FROM parts WHERE parts.message = messages.id), 0) AS size
    FROM messages WHERE session = {:session} AND (createdAt, seq, id) > ({:createdAt}, {:seq}, {:id})
    ORDER BY createdAt, seq, id LIMIT {:most} + 1),
  placed AS (
    SELECT id, row_number() OVER place AS n, sum(size) OVER place - size AS above
    FROM page WINDOW place AS (ORDER BY createdAt, seq, id)),
  shown AS (SELECT id FROM placed WHERE n <= {:most} AND above < ${PAGE_BYTES})
  SELECT json_object(
    'messages', json((SELECT json_group_array(json(${MESSAGE}) ORDER BY createdAt, seq, messages.id)
      FROM shown JOIN messages ON messages.id = shown.id)),
    'hasMore', json(iif((SELECT count(*) FROM page) > (SELECT count(*) FROM shown), 'true', 'false'))) AS json`;

function json(app, sql, params) {
  const rows = arrayOf(new DynamicModel({ json: "" }));
  app.db().newQuery(sql).bind(params).all(rows);
  return rows.length > 0 ? rows[0].json : "";
}

/** The session that is published under `slug` as JSON, '' where there is none. */
const session = (app, { slug }) => json(app, SESSION, { slug });

/** Up to `most` messages of a session after a place, and whether there are more, as JSON. */
const messages = (app, { session: id, after, most }) =>
  json(app, MESSAGES, { session: id, most, ...after });

/** Change a session of the user in one transaction, so that no two decide at the same time. */
function change(app, { user, session: id }, decide) {
  let answer = "";
  app.runInTransaction((tx) => {
    const found = tx.findRecordsByFilter("sessions", "id = {:id} && user = {:user}", "", 1, 0, { id, user });
    if (found.length > 0) {
      answer = decide(found[0]);
      tx.save(found[0]);
    }
  });
  return answer;
}

/** Publish a session under `slug`; one that is public keeps the one it has. Returns {"slug"}. */
const publish = (app, { slug, include, ...whose }) =>
  change(app, whose, (record) => {
    const kept = record.getBool("isPublic") ? record.getString("publicSlug") : "";
    record.set("isPublic", true);
    record.set("publicSlug", kept || slug);
    record.set("publicInclude", include);
    return { slug: kept || slug };
  });

/** Make a session private again. */
const unpublish = (app, whose) =>
  change(app, whose, (record) => {
    record.set("isPublic", false);
    record.set("publicSlug", "");
    record.set("publicInclude", null);
    return {};
  });

// One route leads to all of these, by name: `POST /api/opensync/shared?do=name`.
const actions = { session, messages, publish, unpublish };

/** Do what `name` says with the parsed body; '' where there is no such name or session. */
const act = (app, name, body) => (Object.hasOwn(actions, name) ? actions[name](app, body) : "");

module.exports = { act };
