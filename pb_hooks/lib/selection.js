// Which sessions of a user a request means, as SQL with bound parameters.
//
// A selection is an object with some of these names; all of them must hold. A name that is not known
// is refused, because a filter that is overlooked selects too much.

const TAGS = "iif(json_valid(evalTags) AND json_type(evalTags) = 'array', evalTags, '[]')";

const oneOf = (column) => (name) => `${column} IN (SELECT value FROM json_each({:${name}}))`;
const is = (condition) => (name) => `(${condition}) = {:${name}}`;

const CONDITIONS = {
  ids: oneOf("id"),
  except: (name) => `id NOT IN (SELECT value FROM json_each({:${name}}))`,
  source: oneOf("source"),
  model: oneOf("model"),
  provider: oneOf("provider"),
  // A project without a name is known by its path, as the figures name it.
  projectName: oneOf("COALESCE(NULLIF(projectName, ''), projectPath)"),
  evalStatus: oneOf("evalStatus"),
  // Any of them.
  tags: (name) => `EXISTS (SELECT 1 FROM json_each(${TAGS}) AS tag
    JOIN json_each({:${name}}) AS wanted ON lower(tag.value) = lower(wanted.value))`,
  from: (name) => `updatedAt >= {:${name}}`,
  to: (name) => `updatedAt <= {:${name}}`,
  createdFrom: (name) => `createdAt >= {:${name}}`,
  createdTo: (name) => `createdAt <= {:${name}}`,
  minTokens: (name) => `totalTokens >= {:${name}}`,
  maxTokens: (name) => `totalTokens <= {:${name}}`,
  maxMessages: (name) => `messageCount < {:${name}}`,
  untitled: is("title = ''"),
  zeroCost: is("cost = 0"),
  isPublic: is("isPublic"),
  evalReady: is("evalReady"),
  // What a clean-up spares.
  notPublic: is("NOT isPublic"),
  notInEvals: is("NOT evalReady AND evalStatus = ''"),
  untagged: is(`json_array_length(${TAGS}) = 0`),
  // What came here since, restored from the trash for instance, is not meant.
  arrivedBy: (name) => `created <= strftime('%Y-%m-%d %H:%M:%fZ', {:${name}} / 1000.0, 'unixepoch')`,
  q: (name) => `instr(lower(title), lower({:${name}})) > 0`,
  // Rows that came here later are not meant.
  before: (name) => `created <= {:${name}}`,
};

function value(given) {
  if (Array.isArray(given)) {
    return JSON.stringify(given);
  }
  return typeof given === "boolean" ? Number(given) : given;
}

/** Return {sql, params}: a condition on `sessions` that holds for what `user` selected. */
function where(user, selection) {
  const params = { user };
  const terms = ["user = {:user}"];
  for (const name in selection) {
    if (!Object.hasOwn(CONDITIONS, name)) {
      throw new BadRequestError(`Sessions cannot be selected by ${name}.`);
    }
    const parameter = `selected_${name}`;
    terms.push(CONDITIONS[name](parameter));
    params[parameter] = value(selection[name]);
  }
  return { sql: terms.join(" AND "), params };
}

// Bytes of JSON that the column takes.
const LONGEST_TAGS = 10000;

// Those it has, in their order, then those that are added.
const MERGED_TAGS = `(SELECT iif(octet_length(made) <= ${LONGEST_TAGS}, made, evalTags) FROM (
  SELECT json_group_array(tag ORDER BY place) AS made FROM (
    SELECT tag, min(place) AS place FROM (
      SELECT value AS tag, key AS place FROM json_each(${TAGS})
      UNION ALL SELECT value, 1000000 + key FROM json_each({:addTags}))
    WHERE tag NOT IN (SELECT value FROM json_each({:removeTags})) GROUP BY tag)))`;

// What is not given keeps its value. The texts are what they were, so nothing has to be embedded anew.
const LABEL = `UPDATE sessions SET
    evalReady = COALESCE({:evalReady}, evalReady), evalStatus = COALESCE({:evalStatus}, evalStatus),
    evalTags = iif({:tags}, ${MERGED_TAGS}, evalTags), reviewedAt = COALESCE({:reviewedAt}, reviewedAt),
    embedded = iif(embedded = updated, {:now}, embedded), updated = {:now}
  WHERE id IN (SELECT value FROM json_each({:ids}))`;

const SLICE = 500; // sessions a transaction: about 20 ms

const NEXT = (where) => `SELECT json_group_array(id) AS json FROM (
  SELECT id FROM sessions WHERE ${where} AND id > {:after} ORDER BY id LIMIT ${SLICE})`;

const COUNT = (where) => `WITH mine AS (SELECT id FROM sessions WHERE ${where}),
  theirs AS (SELECT messages.id, octet_length(textContent) AS bytes FROM mine JOIN messages ON session = mine.id)
  SELECT json_object(
    'sessions', (SELECT count(*) FROM mine), 'messages', (SELECT count(*) FROM theirs),
    'parts', (SELECT count(*) FROM theirs JOIN parts ON message = theirs.id),
    'bytes', (SELECT COALESCE(sum(bytes), 0) FROM theirs)
      + (SELECT COALESCE(sum(octet_length(content)), 0) FROM theirs JOIN parts ON message = theirs.id)) AS json`;

function json(db, sql, params) {
  const rows = arrayOf(new DynamicModel({ json: "" }));
  db.newQuery(sql).bind(params).all(rows);
  return JSON.parse(rows[0].json);
}

/** How many sessions are selected, their messages and parts, and the bytes of their texts. */
function count(app, { user, selection }) {
  const { sql, params } = where(user, selection);
  return json(app.db(), COUNT(sql), params);
}

const FIRST = (where) => `SELECT json_group_array(json_object(
    'id', id, 'title', title, 'source', source, 'projectName', projectName, 'messageCount', messageCount,
    'cost', cost, 'updatedAt', updatedAt) ORDER BY updatedAt, id) AS json
  FROM (SELECT * FROM sessions WHERE ${where} ORDER BY updatedAt, id LIMIT {:most})`;

/** The same, with the `most` sessions that are longest untouched. */
function preview(app, { user, selection, most }) {
  const { sql, params } = where(user, selection);
  return { ...json(app.db(), COUNT(sql), params), first: json(app.db(), FIRST(sql), { ...params, most }) };
}

/**
 * Set evalReady, evalStatus ('' for none) and tags of the selected sessions after the id `after`, as
 * far as they are given. One of them is saved through PocketBase, which tells subscribers that lists
 * are to be read again. Returns how many there were, and the last id, '' at the end.
 */
function label(app, { user, selection, set, after }) {
  let answer = { updated: 0, last: "" };
  app.runInTransaction((tx) => {
    const { sql, params } = where(user, selection);
    const ids = json(tx.db(), NEXT(sql), { ...params, after });
    if (ids.length === 0) {
      return;
    }
    const { evalReady = null, evalStatus = null, addTags = [], removeTags = [] } = set;
    const date = new Date();
    const isReviewed = evalReady || evalStatus !== null;
    tx.db().newQuery(LABEL).bind({
      ids: JSON.stringify(ids),
      evalReady: value(evalReady),
      evalStatus,
      tags: Number(addTags.length + removeTags.length > 0),
      addTags: JSON.stringify(addTags),
      removeTags: JSON.stringify(removeTags),
      reviewedAt: isReviewed ? date.getTime() : evalReady === false ? 0 : null,
      now: date.toISOString().replace("T", " "),
    }).execute();
    const last = ids[ids.length - 1];
    tx.saveNoValidate(tx.findRecordById("sessions", last));
    answer = { updated: ids.length, last: ids.length < SLICE ? "" : last };
  });
  return answer;
}

// One route leads to these, by name: `POST /api/opensync/selection?do=name`.
const actions = { count, preview, label };

/** Do what `name` says with the parsed body; null where there is no such name. */
const act = (app, name, body) => (Object.hasOwn(actions, name) ? actions[name](app, body) : null);

module.exports = { where, act };
