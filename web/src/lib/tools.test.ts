import { expect, it } from "vitest";

import { summaryOf, toolView } from "./tools";

it.each([
  ["Bash", { command: "ls", description: "Look" }, { kind: "shell", command: "ls", note: "Look" }],
  ["shell", { command: ["bash", "-lc", "ls | wc"] }, { kind: "shell", command: "ls | wc" }],
  ["exec_command", { cmd: "ls" }, { kind: "shell", command: "ls" }],
  ["bash", "ls", { kind: "shell", command: "ls" }],
  ["Edit", { file_path: "a", old_string: "x", new_string: "y" }, { kind: "edit", path: "a", changes: [{ before: "x", after: "y" }] }],
  ["edit", { filePath: "a", oldString: "x", newString: "" }, { kind: "edit", changes: [{ before: "x", after: "" }] }],
  ["edit", { path: "a", oldText: "x", newText: "y" }, { kind: "edit", path: "a" }],
  ["MultiEdit", { file_path: "a", edits: [{ old_string: "x", new_string: "y" }, null, 7] }, { kind: "edit", changes: [{ before: "x", after: "y" }] }],
  ["Write", { file_path: "a", content: "x" }, { kind: "write", path: "a", content: "x" }],
  ["apply_patch", { input: "*** Begin Patch" }, { kind: "patch", patch: "*** Begin Patch" }],
  ["edit_file", { path: "a", diff: "-x\n+y" }, { kind: "patch", path: "a" }],
  ["Read", { file_path: "a", offset: 5, limit: 3 }, { kind: "read", path: "a", lines: "lines 5–7" }],
  ["Grep", { pattern: "x", path: "src" }, { kind: "search", pattern: "x", where: "src" }],
  ["codebase_search", { query: "x" }, { kind: "search", pattern: "x" }],
  ["WebSearch", { query: "x" }, { kind: "fetch", address: "x" }],
  ["WebFetch", { url: "u", prompt: "p" }, { kind: "fetch", address: "u", prompt: "p" }],
  ["Task", { description: "d", prompt: "p", subagent_type: "s" }, { kind: "task", agent: "s", description: "d", prompt: "p" }],
  ["TodoWrite", { todos: [{ content: "a", status: "completed" }, null, { content: "b", status: {} }] }, { kind: "todo", todos: [{ text: "a", status: "completed" }, { text: "b", status: "pending" }] }],
  ["update_plan", { plan: [{ step: "a", status: "in_progress" }] }, { kind: "todo", todos: [{ text: "a", status: "in_progress" }] }],
  ["mcp__almanac__lookup", { body: "moon", year: 2026 }, { kind: "other", summary: "moon" }],
  ["constructor", null, { kind: "other" }],
  ["Bash", [1], { kind: "other" }],
])("tells what %s with %j does", (name, args, view) => {
  expect(toolView({ name, args })).toMatchObject(view);
});

it("sums up a call in a few words", () => {
  const summary = (name: string, args: unknown) => summaryOf(toolView({ name, args }));
  expect(summary("Grep", { pattern: "x", path: "src" })).toBe("x in src");
  expect(summary("TodoWrite", { todos: [{ content: "a", status: "completed" }, { content: "b" }] })).toBe("1 of 2 done");
  expect(summary("apply_patch", { input: "*** Begin Patch\n*** Update File: src/a.py\n@@\n-x\n+y" })).toBe("src/a.py");
});
