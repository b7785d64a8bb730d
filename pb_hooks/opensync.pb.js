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
