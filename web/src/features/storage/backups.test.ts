import { expect, test } from "vitest";

import { type ServerStorage } from "./api/get-storage";
import { backupFailure, backupsFigure } from "./backups";

type Runs = ServerStorage["backupRuns"];

const HOUR = 3_600_000;
const now = Date.UTC(2026, 6, 15, 12);
const runs: Runs = { everyHours: 24, running: false, succeeded: now - 3 * HOUR, failed: null, reason: "", next: now + 21 * HOUR };
const never: Runs = { ...runs, everyHours: 0, succeeded: null, next: null };
const hint = (backups: ServerStorage["backups"], backupRuns = runs) => backupsFigure({ backups, backupRuns }, now).hint;

test("backups show how many there are, how old the newest is and when the next comes", () => {
  const backups = { count: 7, bytes: 3_000_000, newest: now - 3 * HOUR };
  expect(hint(backups)).toMatch(/^7 kept, newest 3h ago; next .*16/);
  expect(hint(backups, { ...runs, running: true })).toBe("7 kept, newest 3h ago; one is being made");
});

test("a server without backups says so", () => {
  expect(hint({ count: 0, bytes: 0, newest: null }, never)).toBe("There is none; none is made by itself");
});

test("a store that does not answer hides no figure behind a zero", () => {
  expect(backupsFigure({ backups: null, backupRuns: runs }, now).value).toBe("–");
});

test("a failure is told until a backup was made", () => {
  expect(backupFailure(runs, now)).toBe("");
  const failed = { ...runs, failed: now - HOUR, reason: "The disk is full. Make room." };
  expect(backupFailure(failed, now)).toBe("The last backup failed 1h ago: The disk is full. Make room.");
});
