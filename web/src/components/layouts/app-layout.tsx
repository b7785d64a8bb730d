import { type ReactNode } from "react";

import { ConnectionBanner } from "./connection-banner";
import { NavLinks } from "./nav-links";
import { RealtimeIndicator } from "./realtime-indicator";
import { ThemeMenu } from "./theme-menu";
import { UserMenu } from "./user-menu";
import { Wordmark } from "./wordmark";

/** Side navigation on wide screens, top and bottom bars on phones; the page scrolls inside. */
export function AppLayout({ children, isOffline }: { children: ReactNode; isOffline: boolean }) {
  return (
    <div className="grid h-dvh grid-rows-[auto_1fr_auto] md:grid-cols-[13.5rem_1fr] md:grid-rows-1">
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-lg bg-accent px-3 py-2 font-medium text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <header className="flex items-center gap-1 border-b border-line bg-surface px-3 py-2 md:flex-col md:items-stretch md:border-r md:border-b-0 md:p-3">
        <div className="flex-1 md:flex-none md:px-2 md:pt-1 md:pb-4">
          <Wordmark />
        </div>
        <nav aria-label="Main" className="hidden md:block">
          <NavLinks orientation="side" />
        </nav>
        <div className="flex items-center gap-1 md:mt-auto md:flex-wrap">
          <RealtimeIndicator />
          <ThemeMenu />
          <UserMenu />
        </div>
      </header>
      <div className="flex min-h-0 min-w-0 flex-col">
        {isOffline && <ConnectionBanner />}
        <main id="main" tabIndex={-1} className="min-h-0 flex-1 outline-none">
          {children}
        </main>
      </div>
      <nav aria-label="Main" className="border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden">
        <NavLinks orientation="bar" />
      </nav>
    </div>
  );
}
