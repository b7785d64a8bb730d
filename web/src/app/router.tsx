import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";

import { CrashPage } from "@/components/errors/crash-page";
import { AuthGate } from "@/features/auth/components/auth-gate";
import { parseCleanupSearch } from "@/features/cleanup/search-params";
import { parseEvalsSearch } from "@/features/evals/search-params";
import { type LogsSearch, parseLogsSearch } from "@/features/logs/search-params";
import { parseOverviewSearch } from "@/features/overview/search-params";
import { parseSearchParams } from "@/features/search/search-params";
import { parseSessionSearch } from "@/features/session/search-params";
import { parseSessionsSearch } from "@/features/sessions/search-params";
import { parseSettingsSearch, type SettingsSearch } from "@/features/settings/search-params";

import { Frame } from "./frame";
import { NotFound } from "./routes/not-found";

const root = createRootRoute({ component: Outlet });

// Pages that need nobody signed in are siblings of this one.
const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  component: () => (
    <AuthGate>
      <Frame>
        <Outlet />
      </Frame>
    </AuthGate>
  ),
});

const overview = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  validateSearch: parseOverviewSearch,
  component: lazyRouteComponent(() => import("./routes/overview"), "OverviewRoute"),
});

const sessions = createRoute({
  getParentRoute: () => signedIn,
  path: "/sessions",
  validateSearch: parseSessionsSearch,
  component: lazyRouteComponent(() => import("./routes/sessions"), "SessionsRoute"),
});

const session = createRoute({
  getParentRoute: () => signedIn,
  path: "/sessions/$id",
  validateSearch: parseSessionSearch,
  component: lazyRouteComponent(() => import("./routes/session"), "SessionRoute"),
});

const search = createRoute({
  getParentRoute: () => signedIn,
  path: "/search",
  validateSearch: parseSearchParams,
  component: lazyRouteComponent(() => import("./routes/search"), "SearchRoute"),
});

/** The name of the search page in links of older versions. */
const context = createRoute({
  getParentRoute: () => signedIn,
  path: "/context",
  validateSearch: parseSearchParams,
  beforeLoad: ({ search }) => redirect({ to: "/search", search, replace: true, throw: true }),
});

const evals = createRoute({
  getParentRoute: () => signedIn,
  path: "/evals",
  validateSearch: parseEvalsSearch,
  component: lazyRouteComponent(() => import("./routes/evals"), "EvalsRoute"),
});

const cleanup = createRoute({
  getParentRoute: () => signedIn,
  path: "/cleanup",
  validateSearch: parseCleanupSearch,
  component: lazyRouteComponent(() => import("./routes/cleanup"), "CleanupRoute"),
});

const settings = createRoute({
  getParentRoute: () => signedIn,
  path: "/settings",
  validateSearch: (search: Record<string, unknown>): SettingsSearch & LogsSearch => ({ ...parseSettingsSearch(search), ...parseLogsSearch(search) }),
  component: lazyRouteComponent(() => import("./routes/settings"), "SettingsRoute"),
});

const anythingElse = createRoute({ getParentRoute: () => signedIn, path: "$", component: NotFound });

const published = createRoute({
  getParentRoute: () => root,
  path: "/s/$slug",
  component: lazyRouteComponent(() => import("./routes/public"), "PublicRoute"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signedIn.addChildren([overview, sessions, session, search, context, evals, cleanup, settings, anythingElse]),
    published,
  ]),
  defaultPreload: "intent",
  defaultErrorComponent: CrashPage,
  defaultPendingMinMs: 0,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** The entry before is the list that this was opened from, with its filters and its place. */
    isFromList?: true;
  }
}
