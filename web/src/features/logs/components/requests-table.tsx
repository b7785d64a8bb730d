import clsx from "clsx";
import { type ReactNode } from "react";

import { formatInteger } from "@/lib/format";

import { type Requests } from "../api/get-summary";
import { formatLatency } from "../words";

interface RequestsTableProps {
  caption: string;
  /** Heads the column of labels. */
  first: string;
  lines: readonly (Requests & { key: string; label: ReactNode })[];
  isScrolling?: boolean;
}

/** Groups of requests with how they ended and how long they took. */
export function RequestsTable({ caption, first, lines, isScrolling = false }: RequestsTableProps) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a keyboard scrolls it, too
    <div role="region" aria-label={caption} tabIndex={0} className={clsx("overflow-auto", isScrolling && "max-h-80")}>
      <table className="nums w-full border-collapse text-right text-[0.8125rem]">
        <caption className="sr-only">{caption}</caption>
        <thead className="text-xs text-muted">
          <tr>
            <th scope="col" className={clsx(head, "pr-3 text-left")}>
              {first}
            </th>
            {["Requests", "4xx", "5xx", "50%", "95%", "99%"].map((label) => (
              <th key={label} scope="col" className={clsx(head, cell)}>
                {label.endsWith("%") ? <span title={`${label} were answered within this time`}>{label}</span> : label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map(({ key, label, requests, refused, failed, p50, p95, p99 }) => (
            <tr key={key} className="border-t border-line">
              <th scope="row" className="w-full max-w-0 min-w-40 py-2 pr-3 text-left font-medium">
                <span className="block truncate">{label}</span>
              </th>
              <td className={cell}>{formatInteger(requests)}</td>
              <td className={clsx(cell, refused > 0 && "text-warn")}>{formatInteger(refused)}</td>
              <td className={clsx(cell, failed > 0 && "text-danger")}>{formatInteger(failed)}</td>
              <td className={cell}>{formatLatency(p50)}</td>
              <td className={cell}>{formatLatency(p95)}</td>
              <td className={cell}>{formatLatency(p99)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const head = "sticky top-0 h-8 bg-surface font-medium";
const cell = "pl-4 whitespace-nowrap";
