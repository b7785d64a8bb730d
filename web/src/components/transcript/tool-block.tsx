import { Bot, FilePen, FilePlus, FileText, Globe, ListTodo, type LucideIcon, Map, Search, SquareTerminal, TriangleAlert, Wrench } from "lucide-react";
import { type ReactNode, useMemo } from "react";

import { formatInteger } from "@/lib/format";
import { countsOf, type DiffLine, diffOf, linesOfPatch } from "@/lib/line-diff";
import { firstLine, plainText } from "@/lib/text";
import { summaryOf, type ToolView, toolView } from "@/lib/tools";
import { pretty, type ToolCall, type ToolResult } from "@/lib/transcript";

import { DiffView } from "./diff-view";
import { Fold } from "./fold";
import { PictureView } from "./picture-view";
import { PlainText } from "./plain-text";
import { RichText } from "./rich-text";
import { TodoList } from "./todo-list";

const icons: Record<ToolView["kind"], LucideIcon> = {
  shell: SquareTerminal,
  edit: FilePen,
  patch: FilePen,
  write: FilePlus,
  read: FileText,
  search: Search,
  todo: ListTodo,
  fetch: Globe,
  task: Bot,
  plan: Map,
  other: Wrench,
};

/** Small changes and lists of things to do are read more often than opened. */
const OPEN_LINES = 16;
/** A longer one may be cut off in the folded line, and is told again within. */
const SHORT_PATH = 60;

/** A call and what came of it. */
export function ToolBlock({ id, call }: { id: string; call: ToolCall }) {
  const view = useMemo(() => toolView(call), [call]);
  const lines = useMemo(() => diffLinesOf(view), [view]);
  const { result } = call;
  const isError = result?.isError === true;
  return (
    <Fold
      id={id}
      icon={isError ? TriangleAlert : icons[view.kind]}
      label={firstLine(call.name, 60)}
      summary={firstLine(summaryOf(view))}
      figures={<Figures lines={lines} isError={isError} />}
      tone={isError ? "danger" : "plain"}
      isOpenAtFirst={view.kind === "todo" || view.kind === "plan" || (lines !== undefined && lines.length <= OPEN_LINES)}
    >
      <CallView id={id} view={view} lines={lines} />
      {result && <ResultView id={`${id}:result`} result={result} isMarkdown={view.kind === "task" || view.kind === "fetch"} />}
    </Fold>
  );
}

function diffLinesOf(view: ToolView): DiffLine[] | undefined {
  if (view.kind === "edit") return view.changes.flatMap(({ before, after }, index) => [...(index > 0 ? [GAP] : []), ...diffOf(before, after)]);
  if (view.kind === "patch") return linesOfPatch(view.patch);
  return view.kind === "write" ? diffOf("", view.content) : undefined;
}

const GAP: DiffLine = { kind: "note", words: [{ text: "⋯", isChanged: false }] };

function Figures({ lines, isError }: { lines: DiffLine[] | undefined; isError: boolean }) {
  if (isError) return <span className="font-medium text-danger">failed</span>;
  if (!lines) return null;
  const { added, removed } = countsOf(lines);
  return (
    <span className="flex gap-1.5">
      {added > 0 && (
        <span className="text-diff-add">
          +{formatInteger(added)}
          <span className="sr-only"> lines added</span>
        </span>
      )}
      {removed > 0 && (
        <span className="text-diff-remove">
          −{formatInteger(removed)}
          <span className="sr-only"> lines removed</span>
        </span>
      )}
    </span>
  );
}

function CallView({ id, view, lines }: { id: string; view: ToolView; lines: DiffLine[] | undefined }) {
  switch (view.kind) {
    case "shell":
      return (
        <>
          {view.note !== "" && <Line>{view.note}</Line>}
          <PlainText id={id} text={`$ ${view.command}`} label="this command" />
        </>
      );
    case "edit":
    case "patch":
    case "write":
      return (
        <>
          {view.path.length > SHORT_PATH && <Line isCode>{view.path}</Line>}
          <DiffView id={id} lines={lines ?? []} />
        </>
      );
    case "todo":
      return <TodoList todos={view.todos} />;
    case "read":
    case "search":
      return <Line isCode>{summaryOf(view)}</Line>;
    case "fetch":
      return (
        <>
          <Line isCode>{view.address}</Line>
          {view.prompt !== "" && <Line>{view.prompt}</Line>}
        </>
      );
    case "task":
      return (
        <>
          {view.agent !== "" && <Line>Agent: {view.agent}</Line>}
          <Prose>
            <RichText id={id} text={view.prompt} />
          </Prose>
        </>
      );
    case "plan":
      return (
        <Prose>
          <RichText id={id} text={view.text} />
        </Prose>
      );
    case "other":
      return <PlainText id={id} text={pretty(view.args)} label="these arguments" />;
  }
}

export function ResultView({ id, result, isMarkdown = false }: { id: string; result: ToolResult; isMarkdown?: boolean }) {
  return (
    <>
      {result.text.trim() !== "" &&
        (isMarkdown && !result.isError ? (
          <Prose>
            <RichText id={id} text={result.text} />
          </Prose>
        ) : (
          <PlainText id={id} text={result.text} />
        ))}
      {result.pictures.length > 0 && (
        <div className="grid gap-2 p-3">
          {result.pictures.map((picture, index) => (
            <PictureView key={index} picture={picture} />
          ))}
        </div>
      )}
    </>
  );
}

function Line({ children, isCode = false }: { children: ReactNode; isCode?: boolean }) {
  const text = typeof children === "string" ? plainText(children.slice(0, 2_000)) : children;
  return (
    <p dir="auto" className={`px-3 py-2 text-xs wrap-anywhere text-muted [unicode-bidi:isolate] ${isCode ? "font-mono" : ""}`}>
      {text}
    </p>
  );
}

function Prose({ children }: { children: ReactNode }) {
  return <div className="px-3 py-2.5 text-[0.8125rem]">{children}</div>;
}
