import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from "@tanstack/react-router";

import { CrashPage } from "@/components/errors/crash-page";
import { AuthGate } from "@/features/auth/components/auth-gate";

import { NotFound } from "./routes/not-found";
import { parseSessionsSearch } from "./search-params";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

// Pages that need nobody signed in (a published session) become siblings of this one.
const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  component: () => (
    <AuthGate>
      <Outlet />
    </AuthGate>
  ),
});

const overview = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
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
  component: lazyRouteComponent(() => import("./routes/session"), "SessionRoute"),
});

const settings = createRoute({
  getParentRoute: () => signedIn,
  path: "/settings",
  component: lazyRouteComponent(() => import("./routes/settings"), "SettingsRoute"),
});

export const router = createRouter({
  routeTree: root.addChildren([signedIn.addChildren([overview, sessions, session, settings])]),
  defaultPreload: "intent",
  defaultErrorComponent: CrashPage,
  defaultPendingMinMs: 0,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
