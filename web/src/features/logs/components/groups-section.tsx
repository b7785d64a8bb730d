import { useState } from "react";

import { Section } from "@/components/layouts/page";
import { SegmentedControl } from "@/components/ui/segmented-control";

import { type LogSummary, type Requests } from "../api/get-summary";
import { type LogsSearch } from "../search-params";
import { keyLabel } from "../words";

import { type LogsProps } from "./logs-sections";
import { RequestsTable } from "./requests-table";

const GROUPINGS = [
  { value: "endpoints", label: "Endpoint" },
  { value: "keys", label: "Key" },
  { value: "statuses", label: "Status" },
] as const;
type Grouping = (typeof GROUPINGS)[number]["value"];

interface Group extends Requests {
  key: string;
  label: string;
  /** What narrows the page to it. */
  narrowed: LogsSearch;
}

/** Who asks for what, and how it ends. */
export function GroupsSection({ summary, search, onSearch }: LogsProps & { summary: LogSummary }) {
  const [grouping, setGrouping] = useState<Grouping>("endpoints");
  const { label: first } = GROUPINGS.find(({ value }) => value === grouping) ?? GROUPINGS[0];
  return (
    <Section title="By endpoint, key and status" description="The busiest first. Choose one to see only its requests.">
      <SegmentedControl label="Grouped by" className="mb-3" value={grouping} onChange={setGrouping} options={GROUPINGS} />
      <RequestsTable
        caption={`Requests by ${first.toLowerCase()}`}
        first={first}
        lines={groupsOf(summary, grouping).map(({ narrowed, label, ...group }) => ({
          ...group,
          label: (
            <button type="button" title={label} onClick={() => onSearch({ ...search, ...narrowed, page: undefined })} className="max-w-full cursor-pointer truncate hover:underline">
              {label}
            </button>
          ),
        }))}
      />
    </Section>
  );
}

function groupsOf({ endpoints, keys, statuses }: LogSummary, grouping: Grouping): Group[] {
  if (grouping === "endpoints") {
    return endpoints.map((line) => {
      const name = `${line.method} ${line.endpoint}`;
      return { ...line, key: name, label: name, narrowed: { endpoint: name } };
    });
  }
  if (grouping === "keys") return keys.map((line) => ({ ...line, key: line.id, label: keyLabel(line), narrowed: { key: line.id || "none" } }));
  return statuses.map((line) => ({ ...line, key: String(line.status), label: String(line.status), narrowed: { status: line.status } }));
}
