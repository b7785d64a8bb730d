import { type ReactNode } from "react";

import { ThemeMenu } from "./theme-menu";
import { WordmarkLabel } from "./wordmark";

/** Around pages that anybody may see: no navigation, no account, no live connection. */
export function PublicLayout({ children, actions }: { children: ReactNode; actions?: ReactNode }) {
  return (
    <div className="grid h-dvh grid-rows-[auto_1fr]">
      <header className="flex items-center gap-2 border-b border-line bg-surface px-4 py-2">
        <span className="mr-auto">
          <WordmarkLabel />
        </span>
        {actions}
        <ThemeMenu />
      </header>
      <main id="main" tabIndex={-1} className="min-h-0 min-w-0 outline-none">
        {children}
      </main>
    </div>
  );
}
