import { TriangleAlert } from "lucide-react";

import { Section } from "@/components/layouts/page";
import { Progress } from "@/components/ui/progress";
import { useNow } from "@/hooks/use-now";
import { formatBytes } from "@/lib/bytes";
import { formatDateTime, formatInteger } from "@/lib/format";

import { type ServerStorage } from "../api/get-storage";
import { backupFailure, backupsFigure } from "../backups";

import { AmountTable } from "./amount-table";

const SHOWN_TABLES = 12;

/** The whole server, for those who run it. */
export function ServerSection({ server }: { server: ServerStorage }) {
  const { disk, tables, users } = server;
  const now = useNow();
  const failure = backupFailure(server.backupRuns, now);
  return (
    <Section title="This server" description="Seen by administrators only: files, and what everybody keeps.">
      {failure && (
        <p className="mb-4 flex items-start gap-2 rounded-lg bg-danger-soft px-3 py-2 text-[0.8125rem] text-danger">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          <span className="min-w-0 break-words">{failure}</span>
        </p>
      )}
      {disk && (
        <div className="mb-4">
          <p className="nums mb-1 flex flex-wrap justify-between gap-x-4 text-[0.8125rem]">
            <span>{formatBytes(disk.free)} free on the disk</span>
            <span className="text-muted">of {formatBytes(disk.total)}</span>
          </p>
          <Progress label="Disk in use" value={disk.total - disk.free} max={disk.total} />
        </div>
      )}
      <dl className="nums grid grid-cols-[repeat(auto-fill,minmax(9.5rem,1fr))] gap-x-4 gap-y-3">
        {figuresOf(server, now).map(({ label, value, hint }) => (
          <div key={label} className="min-w-0">
            <dt className="text-xs text-muted">{label}</dt>
            <dd>
              <span className="font-medium">{value}</span>
              {hint && <span className="block text-xs text-pretty text-muted">{hint}</span>}
            </dd>
          </div>
        ))}
      </dl>
      <h3 className="mt-6 mb-1 text-[0.8125rem] font-semibold">Tables with their indexes</h3>
      <AmountTable
        caption="Largest tables of the database"
        columns={["Table"]}
        lines={tables.slice(0, SHOWN_TABLES).map(({ name, bytes }) => ({ key: name, label: name, counts: [], bytes }))}
      />
      <h3 className="mt-6 mb-1 text-[0.8125rem] font-semibold">Users</h3>
      <AmountTable
        caption="What each user keeps"
        columns={["User", "Sessions", "Messages", "Vectors"]}
        lines={users.map(({ id, name, email, sessions, messages, vectors, bytes }) => ({
          key: id,
          label: <span title={email}>{name || email}</span>,
          counts: [sessions, messages, vectors],
          bytes,
        }))}
      />
    </Section>
  );
}

function figuresOf(server: ServerStorage, now: number): { label: string; value: string; hint?: string }[] {
  const { database, free, wal, logs, index, spool, disk } = server;
  return [
    { label: "Database", value: formatBytes(database), hint: free > 0 ? `${formatBytes(free)} of it free for new rows` : undefined },
    { label: "Write-ahead log", value: formatBytes(wal) },
    { label: "Vector index", value: formatBytes(index) },
    { label: "Log of PocketBase", value: formatBytes(logs) },
    backupsFigure(server, now),
    {
      label: "Sync requests waiting",
      value: formatInteger(spool.waiting),
      hint: spool.since === null ? undefined : `${formatBytes(spool.bytes)}, since ${formatDateTime(spool.since)}`,
    },
    ...(spool.setAside === 0 ? [] : [{ label: "Sync requests set aside", value: formatInteger(spool.setAside), hint: "opensync spool status says why" }]),
    ...(disk ? [] : [{ label: "Free disk", value: "–", hint: "The database is on another machine" }]),
  ];
}
