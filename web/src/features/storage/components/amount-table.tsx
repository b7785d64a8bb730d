import { type ReactNode } from "react";

import { formatBytes } from "@/lib/bytes";
import { formatInteger } from "@/lib/format";

import { AmountBar } from "./amount-bar";

interface Line {
  key: string;
  label: ReactNode;
  /** Rows of each column. */
  counts: readonly number[];
  bytes: number;
}

interface AmountTableProps {
  caption: string;
  /** Of the names, then of the counts. The size stands between them, where a phone shows it. */
  columns: readonly string[];
  lines: readonly Line[];
}

/** Things with their numbers of rows and their size. */
export function AmountTable({ caption, columns: [first, ...columns], lines }: AmountTableProps) {
  const most = Math.max(...lines.map(({ bytes }) => bytes), 0);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a keyboard scrolls it, too
    <div role="region" aria-label={caption} tabIndex={0} className="overflow-x-auto">
      <table className="nums w-full border-collapse text-right text-[0.8125rem]">
        <caption className="sr-only">{caption}</caption>
        <thead className="text-xs text-muted">
          <tr>
            <th scope="col" className="h-8 text-left font-medium">
              {first}
            </th>
            <th scope="col" className={cell + " font-medium"}>
              Size
            </th>
            {columns.map((column) => (
              <th key={column} scope="col" className={cell + " font-medium"}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map(({ key, label, counts, bytes }) => (
            <tr key={key} className="border-t border-line">
              <th scope="row" className="w-full max-w-0 min-w-40 py-2 pr-3 text-left font-medium">
                <span className="block truncate">{label}</span>
                <AmountBar value={bytes} most={most} />
              </th>
              <td className={cell}>
                <data value={bytes} title={`${formatInteger(bytes)} bytes`}>
                  {formatBytes(bytes)}
                </data>
              </td>
              {counts.map((count, place) => (
                <td key={columns[place]} className={cell}>
                  {formatInteger(count)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const cell = "pl-4 whitespace-nowrap";
