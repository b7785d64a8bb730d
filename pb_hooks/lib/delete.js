// Deletes sessions with all that hangs on them, some at a time. Triggers take their texts out of the
// full-text index and note their vectors for the vector index.

const trash = require(`${__hooks}/lib/trash.js`);

const SLICE = (where) => `SELECT COALESCE(json_group_array(id), '[]') AS json FROM (
    SELECT id, row_number() OVER (ORDER BY id) AS n, sum(messageCount + 1) OVER (ORDER BY id) AS upto
    FROM (SELECT id, messageCount FROM sessions WHERE ${where} LIMIT 200))
  WHERE n = 1 OR upto <= {:size}`;

const FIRST_MESSAGES = `SELECT json_group_array(id) AS json FROM (
  SELECT id FROM messages WHERE session = {:session} ORDER BY createdAt, seq, id LIMIT {:size})`;

const COUNT_MESSAGES = `UPDATE sessions SET messageCount = (
  SELECT count(*) FROM messages WHERE session = {:session}) WHERE id = {:session}`;

const THESE = "SELECT value FROM json_each({:ids})";

// Parts come first: a part that goes asks for its message to be indexed anew, and the message then
// takes that back.
const OF_MESSAGES = {
  parts: `DELETE FROM parts WHERE id IN (
    SELECT parts.id FROM json_each({:ids}) JOIN parts ON message = value)`,
  messageEmbeddings: `DELETE FROM messageEmbeddings WHERE message IN (${THESE})`,
  messages: `DELETE FROM messages WHERE id IN (${THESE})`,
};

const OF_SESSIONS = {
  parts: `DELETE FROM parts WHERE id IN (
    SELECT parts.id FROM messages JOIN parts ON message = messages.id WHERE session IN (${THESE}))`,
  messageEmbeddings: `DELETE FROM messageEmbeddings WHERE session IN (${THESE})`,
  messages: `DELETE FROM messages WHERE session IN (${THESE})`,
  sessionEmbeddings: `DELETE FROM sessionEmbeddings WHERE session IN (${THESE})`,
};

const SESSIONS = `DELETE FROM sessions WHERE id IN (${THESE}) AND id != {:last}`;

const LOGS = `DELETE FROM apiLogs WHERE id IN (
  SELECT id FROM apiLogs WHERE user = {:user} AND createdAt <= {:before} LIMIT {:size})`;

function list(db, sql, params) {
  const rows = arrayOf(new DynamicModel({ json: "" }));
  db.newQuery(sql).bind(params).all(rows);
  return JSON.parse(rows[0].json);
}

const run = (db, sql, params) => db.newQuery(sql).bind(params).execute().rowsAffected();

function children(db, statements, ids) {
  const counts = {};
  for (const name in statements) {
    counts[name] = run(db, statements[name], { ids: JSON.stringify(ids) });
  }
  return counts;
}

/**
 * Delete the first sessions that `where` selects, of about `size` messages together, in the
 * transaction `tx`. Returns {"counts"}: how many rows of each collection went.
 *
 * Of a session with more messages only its first ones go, and the answer names it as "begun". What
 * goes is kept in the trash with these `notes`, unless they are null. `leaving` is told the ids of
 * those that go, while they are still there.
 *
 * The last session is deleted by PocketBase itself, so that its realtime subscribers hear of it: an
 * event for each would take longer than the deleting, and one is enough to have lists read again.
 */
function sessions(tx, where, size, { notes, leaving }) {
  const db = tx.db();
  const ids = list(db, SLICE(where.sql), { ...where.params, size });
  if (ids.length === 0) {
    return { counts: {} };
  }
  if (ids.length === 1) {
    const session = ids[0];
    const messages = list(db, FIRST_MESSAGES, { session, size });
    if (messages.length === size) {
      if (notes) {
        trash.keepMessages(tx, session, messages, notes);
      }
      const counts = children(db, OF_MESSAGES, messages);
      run(db, COUNT_MESSAGES, { session });
      return { counts, begun: session };
    }
  }
  leaving(ids);
  if (notes) {
    trash.keep(tx, ids, notes);
  }
  const counts = { ...children(db, OF_SESSIONS, ids), sessions: ids.length };
  const last = ids[ids.length - 1];
  run(db, SESSIONS, { ids: JSON.stringify(ids), last });
  tx.delete(tx.findRecordById("sessions", last));
  return { counts };
}

/** Delete what hangs on one session that PocketBase is about to delete: it would go row by row. */
function childrenOf(tx, session) {
  children(tx.db(), OF_SESSIONS, [session]);
}

/** Delete up to `size` rows of the user's request log up to a time; return how many. */
const logs = (tx, params) => run(tx.db(), LOGS, params);

module.exports = { sessions, childrenOf, logs };
