import { type ReactNode } from "react";

import { useFocusOnNavigation } from "@/hooks/use-focus-on-navigation";
import { useSourceFilter } from "@/hooks/use-source-filter";

import { ConnectionBanner } from "./connection-banner";
import { NavLinks } from "./nav-links";
import { RealtimeIndicator } from "./realtime-indicator";
import { SearchButton } from "./search-button";
import { SourceLinks, SourceMenu } from "./source-filter";
import { ThemeMenu } from "./theme-menu";
import { UserMenu } from "./user-menu";
import { Wordmark } from "./wordmark";

interface AppLayoutProps {
  children: ReactNode;
  onPalette: () => void;
  onShortcuts: () => void;
}

/** Side navigation on wide screens, top and bottom bars on phones; the page scrolls inside. */
export function AppLayout({ children, onPalette, onShortcuts }: AppLayoutProps) {
  const main = useFocusOnNavigation();
  const filter = useSourceFilter();
  return (
    <div className="grid h-dvh grid-cols-[minmax(0,1fr)] grid-rows-[auto_minmax(0,1fr)_auto] md:grid-cols-[13.5rem_minmax(0,1fr)] md:grid-rows-[minmax(0,1fr)] print:block print:h-auto">
      <a
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-lg bg-accent px-3 py-2 font-medium text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <header className="flex items-center gap-1 border-b border-line bg-surface py-2 pr-2 pl-4 md:min-h-0 md:flex-col md:items-stretch md:gap-3 md:border-r md:border-b-0 md:p-3 print:hidden">
        <div className="mr-auto md:mr-0 md:px-2 md:pt-1">
          <Wordmark />
        </div>
        <SearchButton onPress={onPalette} />
        <div className="-mx-1 hidden min-h-0 flex-1 overflow-y-auto px-1 pt-1 md:block">
          <nav aria-label="Main">
            <NavLinks orientation="side" sources={filter.sources} />
          </nav>
          <SourceLinks filter={filter} />
        </div>
        <div className="contents md:flex md:items-center md:gap-1">
          <RealtimeIndicator />
          <SourceMenu filter={filter} />
          <span className="max-md:hidden">
            <ThemeMenu />
          </span>
          <UserMenu onShortcuts={onShortcuts} />
        </div>
      </header>
      <div className="flex min-h-0 min-w-0 flex-col">
        <ConnectionBanner />
        <main id="main" ref={main} tabIndex={-1} className="min-h-0 flex-1 outline-none">
          {children}
        </main>
      </div>
      <nav aria-label="Main" className="border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden print:hidden">
        <NavLinks orientation="bar" sources={filter.sources} />
      </nav>
    </div>
  );
}
