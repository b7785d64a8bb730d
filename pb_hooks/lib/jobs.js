// Jobs: what is too large for one request: deletions, and what is done to the trash. The sidecar asks
// for one step after the other. A step and its entry in the job are one transaction, so a crash loses
// nothing and counts nothing twice.

const remove = require(`${__hooks}/lib/delete.js`);
const selection = require(`${__hooks}/lib/selection.js`);
const trash = require(`${__hooks}/lib/trash.js`);

const DAY_MS = 86400000;
const KEPT_MS = 30 * DAY_MS; // how long a finished job is shown
const KEPT_OF_RULES_MS = 366 * DAY_MS; // nobody was there when they ran
const NAMED = 1000; // sessions that a job of a rule names
const ERASING = ["deleteData", "deleteAccount"];
const OF_TRASH = ["restoreSessions", "emptyTrash"];
const LOGS = 2000; // rows of the request log a step

const FORGET = `DELETE FROM jobs WHERE user = {:user} AND finishedAt > 0
  AND finishedAt < iif(rule = '', {:before}, {:beforeOfRules})`;

const COUNT = (where) => `SELECT count(*) AS n FROM sessions WHERE ${where}`;

const RAN = "UPDATE cleanupRules SET lastRunAt = {:at}, lastCount = {:total} WHERE id = {:id}";

const PROGRESS = `UPDATE jobs SET status = iif(status = 'cancelled', status, 'running'), startedAt = iif(startedAt = 0, {:now}, startedAt),
  done = {:done}, total = max(total, {:done}), counts = {:counts}, begun = {:begun} WHERE id = {:id}`;

const NAME = `UPDATE jobs SET removed = (SELECT json_group_array(json(entry)) FROM (
    SELECT value AS entry FROM json_each(jobs.removed) WHERE type = 'object'
    UNION ALL
    SELECT json_object('id', sessions.id, 'externalId', externalId, 'title', substr(title, 1, 200))
    FROM json_each({:sessions}) JOIN sessions ON sessions.id = value
    LIMIT {:most}))
  WHERE id = {:id} AND COALESCE(json_array_length(removed), 0) < {:most}`;

const UNNAME = "UPDATE jobs SET removed = 'null' WHERE user = {:user} AND rule != ''";

function shown(job) {
  const texts = ["id", "user", "kind", "status", "reason", "rule", "error"];
  const numbers = ["total", "done", "createdAt", "startedAt", "finishedAt"];
  return Object.fromEntries([
    ...texts.map((name) => [name, job.getString(name)]),
    ...numbers.map((name) => [name, job.getInt(name)]),
    ["counts", counts(job)],
  ]);
}

const counts = (job) => JSON.parse(job.getString("counts") || "{}");
// One that is cancelled may still be finishing the session that was begun.
const isUnfinished = (job) => job.getInt("finishedAt") === 0;
const isCancelled = (job) => job.getString("status") === "cancelled";
const UNDER_WAY = "finishedAt = 0 && status != 'cancelled'";

function added(some, more) {
  const sum = { ...some };
  for (const name in more) {
    sum[name] = (sum[name] || 0) + more[name];
  }
  return sum;
}

function first(tx, filter, params) {
  const found = tx.findRecordsByFilter("jobs", filter, "createdAt", 1, 0, params);
  return found.length > 0 ? found[0] : null;
}

/** What the job is about: of an account everything, otherwise what was there when it was made. */
function selected(job) {
  const chosen = JSON.parse(job.getString("selection") || "null");
  if (!chosen) {
    throw new BadRequestError("This job does not say what it is about."); // not: everything
  }
  const user = job.getString("user");
  if (OF_TRASH.includes(job.getString("kind"))) {
    return trash.where(user, { ...chosen, before: job.getInt("createdAt") });
  }
  const isAccount = job.getString("kind") === "deleteAccount";
  return selection.where(user, isAccount ? chosen : { ...chosen, before: job.getString("created") });
}

function countOf(tx, kind, user, chosen) {
  if (OF_TRASH.includes(kind)) {
    return trash.count(tx, trash.where(user, chosen));
  }
  const where = selection.where(user, chosen);
  const rows = arrayOf(new DynamicModel({ n: 0 }));
  tx.db().newQuery(COUNT(where.sql)).bind(where.params).all(rows);
  return rows[0].n;
}

/**
 * Make a job and count the sessions it is about. For the same deletion of all data, or of the account,
 * that is under way already there is no second one. `keep`: what it deletes goes to the trash, with
 * `reason`. A `rule`, {id, name, at}, notes its run with the job; without sessions there is no job.
 */
function create(app, { user, kind, selection: chosen, keep = false, reason = "", rule = null }) {
  let job;
  app.runInTransaction((tx) => {
    const now = Date.now();
    const limits = { before: now - KEPT_MS, beforeOfRules: now - KEPT_OF_RULES_MS };
    tx.db().newQuery(FORGET).bind({ user, ...limits }).execute();
    if (ERASING.includes(kind)) {
      job = first(tx, `user = {:user} && kind = {:kind} && ${UNDER_WAY}`, { user, kind });
    }
    if (job) {
      return;
    }
    const total = countOf(tx, kind, user, chosen);
    if (rule) {
      tx.db().newQuery(RAN).bind({ id: rule.id, at: rule.at, total }).execute();
      if (total === 0) {
        return;
      }
    }
    job = new Record(tx.findCollectionByNameOrId("jobs"), {
      user,
      kind,
      status: "queued",
      selection: chosen,
      keep,
      reason,
      rule: rule ? rule.name : "",
      total,
      counts: {},
      createdAt: now,
    });
    tx.save(job);
  });
  return { job: job ? shown(job) : null };
}

/** What the trash says of sessions that this job deletes; null where they are deleted for good. */
function notes(tx, job) {
  if (!job.getBool("keep") || erasing(tx, job.getString("user"))) {
    return null;
  }
  return { reason: job.getString("reason"), rule: job.getString("rule"), job: job.id };
}

// Beside a deletion of everything nothing is kept.
const erasing = (tx, user) =>
  first(tx, `user = {:user} && (kind = 'deleteData' || kind = 'deleteAccount') && ${UNDER_WAY}`, { user });

/** Delete some sessions; what a rule takes is named in its job. */
function removeSome(tx, job, where, size) {
  const user = job.getString("user");
  const leaving = (ids) => {
    if (job.getString("rule") && !erasing(tx, user)) {
      const params = { id: job.id, sessions: JSON.stringify(ids), most: NAMED };
      tx.db().newQuery(NAME).bind(params).execute();
    }
  };
  return remove.sessions(tx, where, size, { notes: notes(tx, job), leaving });
}

/** Go on with what was begun; `counts` is empty where nothing is left of it. */
function resume(tx, job, size) {
  const user = job.getString("user");
  const begun = job.getString("begun");
  switch (begun && job.getString("kind")) {
    case "":
      return { counts: {} };
    case "restoreSessions":
      return trash.restore(tx, trash.one(user, begun), size);
    case "emptyTrash":
      return trash.purge(tx, trash.one(user, begun), size);
    default:
      return removeSome(tx, job, selection.where(user, { ids: [begun] }), size);
  }
}

/** What is left beside sessions when all of somebody's data goes. */
function eraseRest(tx, job, size) {
  const user = job.getString("user");
  const gone = trash.purge(tx, trash.all(user), size);
  if (Object.keys(gone.counts).length > 0) {
    return { counts: { trash: gone.counts.sessions || 0 } };
  }
  tx.db().newQuery(UNNAME).bind({ user }).execute(); // titles and ids are data, too
  const isAccount = job.getString("kind") === "deleteAccount";
  const before = isAccount ? Number.MAX_SAFE_INTEGER : job.getInt("createdAt");
  const logs = remove.logs(tx, { user, before, size: LOGS });
  return { counts: logs > 0 ? { apiLogs: logs } : {} };
}

/** Do some of what the job is about, what was begun first; `counts` is empty at the end. */
function work(tx, job, size) {
  const rest = resume(tx, job, size);
  if (Object.keys(rest.counts).length > 0 || isCancelled(job)) {
    return rest;
  }
  const kind = job.getString("kind");
  if (kind === "restoreSessions") {
    return trash.restore(tx, selected(job), size);
  }
  if (kind === "emptyTrash") {
    return trash.purge(tx, selected(job), size);
  }
  const gone = removeSome(tx, job, selected(job), size);
  if (Object.keys(gone.counts).length > 0 || !ERASING.includes(kind)) {
    return gone;
  }
  return eraseRest(tx, job, size);
}

function note(tx, job, sum, begun) {
  const done = sum.sessions || 0;
  const progress = { id: job.id, now: Date.now(), done, counts: JSON.stringify(sum), begun };
  tx.db().newQuery(PROGRESS).bind(progress).execute();
}

function finish(tx, id, status, error) {
  const job = tx.findRecordById("jobs", id);
  job.set("status", status);
  job.set("error", error);
  job.set("finishedAt", Date.now());
  tx.save(job);
  trash.close(tx, id);
  return job;
}

/**
 * Do a step of the job, of about `size` messages, and tell its owner where `tell` says so or it ends.
 * Returns {"isFinished", "ms"}. With an account its job goes, too.
 */
function step(app, { id, size, tell }) {
  let began;
  let isFinished = false;
  app.runInTransaction((tx) => {
    began = Date.now(); // others may have been writing until now
    const job = first(tx, "id = {:id}", { id });
    if (!job || !isUnfinished(job)) {
      isFinished = true;
      return;
    }
    const gone = work(tx, job, size);
    isFinished = Object.keys(gone.counts).length === 0;
    if (!isFinished) {
      note(tx, job, added(counts(job), gone.counts), gone.begun || "");
      if (tell) {
        tx.save(tx.findRecordById("jobs", id));
      }
    } else if (isCancelled(job)) {
      finish(tx, id, "cancelled", "");
    } else if (job.getString("kind") === "deleteAccount") {
      tx.delete(tx.findRecordById("users", job.getString("user")));
    } else {
      finish(tx, id, "done", "");
    }
  });
  return { isFinished, ms: Date.now() - began };
}

/** Stop a job of the user that is not finished. Steps then finish the session that was begun. */
function cancel(app, { id, user }) {
  let job;
  app.runInTransaction((tx) => {
    job = first(tx, "id = {:id} && user = {:user}", { id, user });
    if (!job || !isUnfinished(job) || isCancelled(job)) {
      return;
    }
    if (job.getString("begun")) {
      job.set("status", "cancelled");
      tx.save(job);
    } else {
      job = finish(tx, id, "cancelled", "");
    }
  });
  return job ? { job: shown(job) } : null;
}

/** Give up a job, with a sentence that says why. */
function fail(app, { id, error }) {
  app.runInTransaction((tx) => {
    const job = first(tx, "id = {:id}", { id });
    if (job && isUnfinished(job)) {
      finish(tx, id, "failed", error);
    }
  });
  return {};
}

// One route leads to all of these, by name: `POST /api/opensync/jobs?do=name`.
const actions = { create, step, cancel, fail };

/** Do what `name` says with the parsed body; null where there is no such name or no such job. */
const act = (app, name, body) => (Object.hasOwn(actions, name) ? actions[name](app, body) : null);

module.exports = { act };
