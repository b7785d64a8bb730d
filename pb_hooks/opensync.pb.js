/// <reference path="../pb_data/types.d.ts" />
// Superuser-only routes for what PocketBase's REST API cannot do in one step. The sidecar is their
// only caller; Traefik routes none of them. Handlers run in isolated contexts, hence each require.

const BODY_LIMIT = 256 << 20; // one group commit: a few request bodies of at most 50 MB

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
