import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";

import { type ServerStorage } from "../api/get-storage";

import { ServerSection } from "./server-section";

const MB = 2 ** 20;
const server: ServerStorage = {
  measuredAt: 1,
  database: 30 * MB,
  free: 0,
  wal: 4 * MB,
  logs: 2 * MB,
  index: 7 * MB,
  backups: { count: 0, bytes: 0, newest: null },
  backupRuns: { everyHours: 0, running: false, succeeded: null, failed: null, reason: "", next: null },
  spool: { waiting: 0, bytes: 0, since: null, setAside: 0 },
  disk: { total: 100 * MB, free: 60 * MB },
  tables: [],
  users: [],
};

/** What is said below a label; null where there is no such label. */
function figure(label: string): string | null {
  return screen.queryByText(label, { selector: "dt" })?.nextElementSibling?.textContent ?? null;
}

test("an empty spool is a zero, and nothing is set aside", () => {
  render(<ServerSection server={server} />);

  expect(figure("Sync requests waiting")).toBe("0");
  expect(figure("Sync requests set aside")).toBeNull();
});

test("requests that wait show their size and since when", () => {
  const spool = { waiting: 1_200, bytes: 3 * MB, since: Date.UTC(2026, 6, 15, 12), setAside: 0 };
  render(<ServerSection server={{ ...server, spool }} />);

  expect(figure("Sync requests waiting")).toMatch(/^1,2003\.0 MB, since .*15/);
  expect(figure("Sync requests set aside")).toBeNull();
});

test("requests that are set aside show what tells the reason", () => {
  render(<ServerSection server={{ ...server, spool: { ...server.spool, setAside: 2 } }} />);

  expect(figure("Sync requests waiting")).toBe("0");
  expect(figure("Sync requests set aside")).toBe("2opensync spool status says why");
});

test("a database on another machine has no free disk, rather than none left", () => {
  const { rerender } = render(<ServerSection server={server} />);
  expect(screen.getByRole("progressbar", { name: "Disk in use" }).getAttribute("aria-valuenow")).toBe(String(40 * MB));
  expect(figure("Free disk")).toBeNull();

  rerender(<ServerSection server={{ ...server, disk: null }} />);
  expect(screen.queryByRole("progressbar")).toBeNull();
  expect(figure("Free disk")).toBe("–The database is on another machine");
});
