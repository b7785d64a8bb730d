import * as RadixDialog from "@radix-ui/react-dialog";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import clsx from "clsx";
import { Command } from "cmdk";
import { Search } from "lucide-react";
import { type ReactNode, useState } from "react";

import { overlayClass } from "@/components/ui/dialog-styles";
import { SourceDot } from "@/components/ui/source-badge";
import { useMe } from "@/hooks/use-auth-sync";
import { useDebounced } from "@/hooks/use-debounced";
import { useNow } from "@/hooks/use-now";
import { useReturnFocus } from "@/hooks/use-return-focus";
import { useTheme } from "@/hooks/use-theme";
import { messageOf } from "@/lib/errors";
import { formatRelative } from "@/lib/format";
import { firstLine, sessionTitle } from "@/lib/text";

import { bestPassages, sessionsByTitle } from "../api/find-sessions";
import { type Command as PaletteCommand, commandsFor, matchesCommand } from "../commands";

interface CommandPaletteProps {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

/** One field that finds sessions, what was said in them, pages and actions. */
export default function CommandPalette({ isOpen, onOpenChange }: CommandPaletteProps) {
  const returnFocus = useReturnFocus();
  return (
    <RadixDialog.Root open={isOpen} onOpenChange={onOpenChange}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className={overlayClass} />
        <RadixDialog.Content
          {...returnFocus}
          aria-describedby={undefined}
          className="appear fixed top-[max(0.5rem,12dvh)] left-1/2 z-50 flex max-h-[min(32rem,80dvh)] w-[min(38rem,calc(100vw-1rem))] -translate-x-1/2 flex-col overflow-hidden rounded-xl border border-line bg-surface shadow-2xl"
        >
          <RadixDialog.Title className="sr-only">Search and commands</RadixDialog.Title>
          <PaletteBody onClose={() => onOpenChange(false)} />
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

function PaletteBody({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const typed = text.trim();
  const settled = useDebounced(typed, 150);
  const navigate = useNavigate();
  const sessions = useQuery(sessionsByTitle(settled));
  const passages = useQuery(bestPassages(settled));
  const commands = useCommands().filter((command) => matchesCommand(command, typed));

  const shown = sessions.data ?? [];
  const found = typed.length < 2 ? [] : (passages.data ?? []).filter(({ sessionId }) => !shown.some(({ id }) => id === sessionId));
  const error = sessions.error ?? (typed.length < 2 ? null : passages.error);
  const pick = (run: () => void) => () => {
    onClose();
    run();
  };

  return (
    <Command label="Search and commands" shouldFilter={false} loop className="flex min-h-0 flex-col">
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search aria-hidden className="size-4 shrink-0 text-muted" />
        <Command.Input
          value={text}
          onValueChange={setText}
          placeholder="Search sessions, or type a command"
          className="h-12 min-w-0 flex-1 bg-transparent text-[0.9375rem] outline-none placeholder:text-muted"
        />
      </div>
      <Command.List className="min-h-0 flex-1 scroll-py-2 overflow-y-auto p-2">
        <Command.Empty className="px-3 py-6 text-center text-muted">Nothing found</Command.Empty>
        {error && <p role="alert" className="px-3 py-2 text-[0.8125rem] text-danger">{messageOf(error)}</p>}
        {typed !== "" && <CommandGroups commands={commands} pick={pick} />}
        {typed !== "" && (
          <Item value="search-all" onSelect={pick(() => void navigate({ to: "/search", search: { q: typed } }))}>
            <Search aria-hidden className="text-muted" />
            <span className="min-w-0 flex-1 truncate">
              Search everything for <strong className="font-semibold">{typed}</strong>
            </span>
          </Item>
        )}
        {shown.length > 0 && (
          <Group heading={typed === "" ? "Recent sessions" : "Sessions"}>
            {shown.map(({ id, title, source, projectName, updatedAt }) => (
              <Item key={id} value={`session-${id}`} onSelect={pick(() => void navigate({ to: "/sessions/$id", params: { id } }))}>
                <Dot source={source} />
                <span className="min-w-0 flex-1 truncate">{sessionTitle(title)}</span>
                <Aside>
                  {projectName && <span className="max-w-32 truncate max-sm:hidden">{projectName}</span>}
                  <Age at={updatedAt} />
                </Aside>
              </Item>
            ))}
          </Group>
        )}
        {found.length > 0 && (
          <Group heading="Said in">
            {found.map(({ sessionId, messageId, title, source, snippet }) => (
              <Item
                key={`${sessionId}-${messageId ?? ""}`}
                value={`passage-${sessionId}-${messageId ?? ""}`}
                onSelect={pick(() => void navigate({ to: "/sessions/$id", params: { id: sessionId }, search: messageId ? { m: messageId } : {} }))}
              >
                <Dot source={source} />
                <span className="min-w-0 flex-1">
                  <span className="block truncate">{sessionTitle(title)}</span>
                  <span className="block truncate text-xs text-muted">{firstLine(snippet)}</span>
                </span>
              </Item>
            ))}
          </Group>
        )}
        {/* After the sessions, whose first is then the one that Enter opens. */}
        {typed === "" && (!sessions.isPending || sessions.failureCount > 0) && <CommandGroups commands={commands} pick={pick} />}
      </Command.List>
    </Command>
  );
}

function useCommands(): PaletteCommand[] {
  const navigate = useNavigate();
  const { signOutUrl, isAdmin } = useMe();
  const [, setTheme] = useTheme();
  return commandsFor({ navigate, setTheme, openUrl: (url) => window.location.assign(url), signOutUrl, isAdmin });
}

const HEADINGS: readonly PaletteCommand["group"][] = ["Go to", "Do"];

interface CommandGroupsProps {
  commands: readonly PaletteCommand[];
  pick: (run: () => void) => () => void;
}

function CommandGroups({ commands, pick }: CommandGroupsProps) {
  return HEADINGS.map((heading) => {
    const own = commands.filter(({ group }) => group === heading);
    if (own.length === 0) return null;
    return (
      <Group key={heading} heading={heading}>
        {own.map(({ id, label, icon: Icon, run }) => (
          <Item key={id} value={id} onSelect={pick(run)}>
            <Icon aria-hidden className="text-muted" />
            {label}
          </Item>
        ))}
      </Group>
    );
  });
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group heading={heading} className="**:[[cmdk-group-heading]]:px-2 **:[[cmdk-group-heading]]:pt-2.5 **:[[cmdk-group-heading]]:pb-1 **:[[cmdk-group-heading]]:text-2xs **:[[cmdk-group-heading]]:font-medium **:[[cmdk-group-heading]]:text-muted">
      {children}
    </Command.Group>
  );
}

function Item({ value, onSelect, children }: { value: string; onSelect: () => void; children: ReactNode }) {
  return (
    <Command.Item
      value={value}
      onSelect={onSelect}
      className={clsx(
        "flex min-h-9 cursor-pointer items-center gap-2.5 rounded-lg px-2 py-1.5 text-[0.8125rem] data-[selected=true]:bg-hover pointer-coarse:min-h-11",
        "[&_svg]:size-4 [&_svg]:shrink-0",
      )}
    >
      {children}
    </Command.Item>
  );
}

function Dot({ source }: { source: string | null }) {
  return (
    <span className="grid size-4 shrink-0 place-items-center">
      <SourceDot source={source} />
    </span>
  );
}

function Aside({ children }: { children: ReactNode }) {
  return <span className="nums flex shrink-0 items-center gap-2 text-xs text-muted">{children}</span>;
}

function Age({ at }: { at: number }) {
  return <span>{formatRelative(at, useNow())}</span>;
}
