import { expect, it } from "vitest";

import { makeMessage } from "@/testing/factories";

import { exportName, sessionMarkdown } from "./session-markdown";

const session = { title: "Fix | it", projectPath: "", model: "m", totalTokens: 1234, cost: 0.5, createdAt: 1_700_000_000_000 };

it("writes the document that people know", () => {
  const text = sessionMarkdown(session, [
    makeMessage({ role: "user", textContent: "Why?" }),
    makeMessage({
      parts: [
        { type: "text", content: "So." },
        { type: "tool-call", content: { name: "Bash", args: { command: "ls" } } },
        { type: "tool-result", content: "a" },
      ],
    }),
  ]);
  expect(text.split("\n")).toEqual([
    ...["# Fix | it", "", "| Property | Value |", "|----------|-------|", "| Project | N/A |", "| Model | m |"],
    ...[`| Tokens | ${(1234).toLocaleString()} |`, "| Cost | $0.5000 |", `| Date | ${new Date(session.createdAt).toLocaleString()} |`, "", "---", ""],
    ...["## User", "", "Why?", "", "## Assistant", "", "So.", ""],
    ...["**Tool: Bash**", "", "```json", "{", '  "command": "ls"', "}", "```", "", "**Result:**", "", "```", "a", "```", ""],
  ]);
});

it("lets no output end its fence", () => {
  const text = sessionMarkdown(session, [makeMessage({ parts: [{ type: "tool-result", content: "```\n# not mine\n```" }] })]);
  expect(text).toContain("````\n```\n# not mine\n```\n````");
});

it("names the file after the title", () => {
  const now = Date.UTC(2026, 10, 23);
  expect(exportName('a/b\\c: "d" <e>?', now)).toBe("a-b-c-_-d-_-e--_2026-11-23");
  expect(exportName("", now)).toBe("session_2026-11-23");
  expect(exportName("x".repeat(300), now)).toHaveLength(100 + "_2026-11-23".length);
});
