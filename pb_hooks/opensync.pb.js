/// <reference path="../pb_data/types.d.ts" />
// Superuser-only routes for what PocketBase's REST API cannot do in one step. The sidecar is their
// only caller; Traefik routes none of them. Handlers run in isolated contexts, hence each require.

const BODY_LIMIT = 256 << 20; // one group commit: a few request bodies of at most 50 MB

// Hooks are loaded once: after an upgrade these may be others than those in the folder.
$app.store().set("opensyncHooks", require(`${__hooks}/lib/schema.js`).digest());

// Answers whether the token is a superuser's: elsewhere a void one passes for a guest's.
routerAdd("GET", "/api/opensync/superuser", (e) => e.noContent(204), $apis.requireSuperuserAuth());

routerAdd(
  "POST",
  "/api/opensync/ingest",
  (e) => {
    const ingest = require(`${__hooks}/lib/ingest.js`);
    return e.json(200, ingest.write($app, readerToString(e.request.body, 256 << 20)));
  },
  $apis.requireSuperuserAuth(),
  $apis.bodyLimit(BODY_LIMIT),
);

routerAdd(
  "POST",
  "/api/opensync/announce",
  (e) => {
    require(`${__hooks}/lib/ingest.js`).announce($app, e.requestInfo().body.sessions);
    return e.noContent(204);
  },
  $apis.requireSuperuserAuth(),
);

routerAdd(
  "POST",
  "/api/opensync/log",
  (e) => {
    require(`${__hooks}/lib/log.js`).append($app, readerToString(e.request.body, 256 << 20));
    return e.noContent(204);
  },
  $apis.requireSuperuserAuth(),
  $apis.bodyLimit(BODY_LIMIT),
);

routerAdd(
  "POST",
  "/api/opensync/log/summary",
  (e) => {
    const asked = JSON.parse(readerToString(e.request.body) || "{}");
    e.response.header().set("Content-Type", "application/json");
    return e.string(200, require(`${__hooks}/lib/log_summary.js`).summary($app, asked));
  },
  $apis.requireSuperuserAuth(),
);

routerAdd(
  "GET",
  "/api/opensync/transcript",
  (e) => {
    const query = e.request.url.query();
    const found = require(`${__hooks}/lib/read.js`).transcript($app, {
      user: query.get("user"),
      id: query.get("id"),
    });
    if (!found) {
      throw new NotFoundError();
    }
    e.response.header().set("Content-Type", "application/json");
    return e.string(200, found);
  },
  $apis.requireSuperuserAuth(),
);

routerAdd(
  "GET",
  "/api/opensync/transcript/page",
  (e) => {
    const query = e.request.url.query();
    const found = require(`${__hooks}/lib/read.js`).page($app, {
      user: query.get("user"),
      id: query.get("id"),
      after: query.get("after"),
      since: query.get("since"),
      limit: Number(query.get("limit")),
    });
    if (!found) {
      throw new NotFoundError();
    }
    e.response.header().set("Content-Type", "application/json");
    return e.string(200, found);
  },
  $apis.requireSuperuserAuth(),
);

routerAdd(
  "GET",
  "/api/opensync/stats",
  (e) => {
    const stats = require(`${__hooks}/lib/read.js`).stats($app, {
      user: e.request.url.query().get("user"),
    });
    e.response.header().set("Content-Type", "application/json");
    return e.string(200, stats);
  },
  $apis.requireSuperuserAuth(),
);

routerAdd(
  "GET",
  "/api/opensync/usage",
  (e) => {
    const query = e.request.url.query();
    const usage = require(`${__hooks}/lib/usage.js`).usage($app, {
      user: query.get("user"),
      begin: query.get("begin"),
      end: query.get("end"),
    });
    e.response.header().set("Content-Type", "application/json");
    return e.string(200, usage);
  },
  $apis.requireSuperuserAuth(),
);

routerAdd(
  "GET",
  "/api/opensync/external-ids",
  (e) => {
    const ids = require(`${__hooks}/lib/read.js`).externalIds($app, {
      user: e.request.url.query().get("user"),
    });
    e.response.header().set("Content-Type", "application/json");
    return e.string(200, ids);
  },
  $apis.requireSuperuserAuth(),
);

routerAdd(
  "POST",
  "/api/opensync/embeddings",
  (e) => {
    const body = JSON.parse(readerToString(e.request.body, 256 << 20) || "{}");
    const answer = require(`${__hooks}/lib/embeddings.js`).act($app, e.request.url.query().get("do"), body);
    if (answer === null) {
      throw new NotFoundError();
    }
    e.response.header().set("Content-Type", "application/json");
    return e.string(200, answer);
  },
  $apis.requireSuperuserAuth(),
  $apis.bodyLimit(BODY_LIMIT),
);

// What is done to data by name: `/api/opensync/jobs?do=step` is `act(app, "step", body)` of lib/jobs.js.
// The answer is an object, JSON that SQLite wrote, or nothing where there is no such thing.
routerAdd(
  "POST",
  "/api/opensync/{part}",
  (e) => {
    const part = e.request.pathValue("part");
    if (!["selection", "shared", "export", "storage", "jobs", "trash", "schema"].includes(part)) {
      throw new NotFoundError();
    }
    const body = JSON.parse(readerToString(e.request.body) || "{}");
    const answer = require(`${__hooks}/lib/${part}.js`).act($app, e.request.url.query().get("do"), body);
    if (!answer) {
      throw new NotFoundError();
    }
    if (typeof answer !== "string") {
      return e.json(200, answer);
    }
    e.response.header().set("Content-Type", "application/json");
    return e.string(200, answer);
  },
  $apis.requireSuperuserAuth(),
);

routerAdd(
  "POST",
  "/api/opensync/search/prepare",
  (e) => {
    const ms = Number(e.request.url.query().get("ms") || 10000);
    const left = require(`${__hooks}/lib/search_index.js`).catchUp($app, ms);
    return e.json(200, { remaining: left });
  },
  $apis.requireSuperuserAuth(),
);

routerAdd(
  "POST",
  "/api/opensync/search",
  (e) => {
    const asked = JSON.parse(readerToString(e.request.body));
    e.response.header().set("Content-Type", "application/json");
    return e.string(200, require(`${__hooks}/lib/search.js`).find($app, asked));
  },
  $apis.requireSuperuserAuth(),
);

routerAdd(
  "POST",
  "/api/opensync/search/show",
  (e) => {
    const asked = JSON.parse(readerToString(e.request.body));
    e.response.header().set("Content-Type", "application/json");
    return e.string(200, require(`${__hooks}/lib/search.js`).show($app, asked));
  },
  $apis.requireSuperuserAuth(),
);

// A session that is deleted in the dashboard, in the admin UI or with its user takes its messages
// along in a few statements.
onRecordDeleteExecute((e) => {
  const app = e.app;
  app.runInTransaction((tx) => {
    e.app = tx;
    require(`${__hooks}/lib/delete.js`).childrenOf(tx, e.record.id);
    e.next();
  });
  e.app = app;
}, "sessions");

onRecordDeleteExecute((e) => {
  const app = e.app;
  app.runInTransaction((tx) => {
    e.app = tx;
    require(`${__hooks}/lib/trash.js`).forgetUser(tx, e.record.id);
    e.next();
  });
  e.app = app;
}, "users");

// PocketBase takes any JSON; readers of this field expect a list of names.
onRecordUpdateRequest((e) => {
  const agents = JSON.parse(e.record.getString("enabledAgents") || "null");
  const isName = (name) => typeof name === "string" && name.length <= 64;
  if (agents !== null && !(Array.isArray(agents) && agents.length <= 100 && agents.every(isName))) {
    throw new BadRequestError("enabledAgents must be a list of names of agents.");
  }
  e.next();
}, "users");

// Makes the index with the collections, and puts back what a change of them took away.
onBootstrap((e) => {
  e.next();
  require(`${__hooks}/lib/search_index.js`).prepare(e.app);
});
const prepareSearch = (e) => {
  e.next();
  require(`${__hooks}/lib/search_index.js`).prepare(e.app);
};
onCollectionAfterCreateSuccess(prepareSearch, "sessions", "messages", "parts");
onCollectionAfterUpdateSuccess(prepareSearch, "sessions", "messages", "parts");
// Works off what is left to index.
cronAdd("opensyncSearch", "* * * * *", () => {
  require(`${__hooks}/lib/search_index.js`).catchUp($app, 20000);
});
