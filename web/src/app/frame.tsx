import { useNavigate } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useState } from "react";

import { ErrorBoundary } from "@/components/errors/error-boundary";
import { AppLayout } from "@/components/layouts/app-layout";
import { Toaster } from "@/components/ui/toaster";
import { DownloadsTray } from "@/features/downloads/components/downloads-tray";
import { JobsTray } from "@/features/jobs/components/jobs-tray";
import { ShortcutsDialog } from "@/features/palette/components/shortcuts-dialog";
import { useShortcuts } from "@/features/palette/use-shortcuts";
import { useRealtimeRest, useSessionsRealtime } from "@/hooks/use-realtime";
import { type Shortcut } from "@/lib/shortcuts";

const CommandPalette = lazy(() => import("@/features/palette/components/command-palette"));

/** What stays around the signed-in pages: navigation, live updates, palette, running work. */
export function Frame({ children }: { children: ReactNode }) {
  const [overlay, setOverlay] = useState<"palette" | "shortcuts" | null>(null);
  const shortcuts = useAppShortcuts(() => setOverlay("shortcuts"));
  const togglePalette = () => setOverlay((shown) => (shown === "palette" ? null : "palette"));
  useShortcuts({ shortcuts, onPalette: togglePalette });
  useRealtimeRest();
  useSessionsRealtime();
  const setOpen = (name: typeof overlay) => (isOpen: boolean) => setOverlay(isOpen ? name : null);

  return (
    <>
      <AppLayout onPalette={togglePalette} onShortcuts={() => setOverlay("shortcuts")}>
        {children}
      </AppLayout>
      <div className="pointer-events-none fixed right-4 bottom-[calc(4.5rem+env(safe-area-inset-bottom))] left-4 z-50 flex flex-col items-center gap-2 md:bottom-4 md:left-auto md:items-end print:hidden">
        <ErrorBoundary fallback={() => null}>
          <JobsTray />
        </ErrorBoundary>
        <DownloadsTray />
        <Toaster />
      </div>
      <ShortcutsDialog isOpen={overlay === "shortcuts"} onOpenChange={setOpen("shortcuts")} shortcuts={shortcuts} />
      {overlay === "palette" && (
        <ErrorBoundary fallback={() => null}>
          <Suspense fallback={null}>
            <CommandPalette isOpen onOpenChange={setOpen("palette")} />
          </Suspense>
        </ErrorBoundary>
      )}
    </>
  );
}

function useAppShortcuts(onHelp: () => void): Shortcut[] {
  const navigate = useNavigate();
  return [
    { keys: ["/"], label: "Search everything", run: () => void navigate({ to: "/search" }) },
    { keys: ["g", "o"], label: "Go to the overview", run: () => void navigate({ to: "/" }) },
    { keys: ["g", "s"], label: "Go to the sessions", run: () => void navigate({ to: "/sessions" }) },
    { keys: ["g", "f"], label: "Go to the search", run: () => void navigate({ to: "/search" }) },
    { keys: ["g", "e"], label: "Go to the evals", run: () => void navigate({ to: "/evals" }) },
    { keys: ["g", "c"], label: "Go to the clean-up", run: () => void navigate({ to: "/cleanup" }) },
    { keys: ["g", ","], label: "Go to the settings", run: () => void navigate({ to: "/settings" }) },
    { keys: ["?"], label: "Show these shortcuts", run: onHelp },
  ];
}
