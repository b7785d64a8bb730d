import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { type TranscriptMessage } from "@/lib/transcript";
import { makeMessage } from "@/testing/factories";

import { FoldsProvider } from "./folds";
import { MessageCard } from "./message-card";

async function show(change: Partial<TranscriptMessage>) {
  const { container } = render(
    <FoldsProvider>
      <MessageCard message={makeMessage(change)} />
    </FoldsProvider>,
  );
  if (change.textContent) await waitFor(() => expect(container.querySelector(".markdown")).not.toBeNull());
  return container;
}

it("shows Markdown", async () => {
  const container = await show({ textContent: "**bold**\n\n| a | b |\n|---|---|\n| 1 | 2 |" });
  expect(container.querySelector("strong")?.textContent).toBe("bold");
  expect(container.querySelectorAll("td")).toHaveLength(2);
});

it("renders a hostile transcript inert", async () => {
  const container = await show({
    textContent: [
      "<script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)><style>*{display:none}</style>",
      "[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](data:text/html,x) [d](vbscript:x) ![e](https://tracker.example/x.png)",
      "<iframe src=javascript:alert(1)></iframe><a href='javascript:alert(1)'>f</a>",
    ].join("\n\n"),
  });
  expect(container.querySelector("script,img,style,iframe,svg[onload],[onerror],[onload]")).toBeNull();
  const targets = [...container.querySelectorAll("a")].map((link) => link.getAttribute("href") ?? "");
  expect(targets.filter((target) => target !== "" && !target.startsWith("https:"))).toEqual([]);
  // Nothing is swallowed: the reader sees what was there.
  for (const word of ["<script>", "<svg", "<iframe", "Image: e"]) expect(container.textContent).toContain(word);
});

it("shows text that breaks the parser as it was typed", async () => {
  const text = ">".repeat(10_000);
  const { container } = render(
    <FoldsProvider>
      <MessageCard message={makeMessage({ textContent: text })} />
    </FoldsProvider>,
  );
  await waitFor(() => expect(container.textContent).toContain(text));
});

it("leads nowhere but away: no address of this dashboard, none without a known scheme", async () => {
  const container = await show({ textContent: "[a](/settings) [b](//evil.example) [c](#x) [d](mailto:a@b.example) [e](ftp://f.example)" });
  expect([...container.querySelectorAll("a")].map((link) => link.getAttribute("href"))).toEqual(["mailto:a@b.example"]);
  expect(container.textContent).toContain("a b c d e");
});

it("shows a command and what it printed, with its colours, when it is opened", async () => {
  await show({
    parts: [
      { type: "tool_use", content: { toolName: "Bash", args: { command: "npm test", description: "Run the tests" } } },
      { type: "tool_result", content: "\u001b[32mok\u001b[0m 12 passed" },
    ],
  });
  const call = screen.getByRole("button", { name: /Bash npm test/ });
  expect(call.getAttribute("aria-expanded")).toBe("false");
  await userEvent.click(call);
  expect(screen.getByText("$ npm test", { selector: "pre" })).toBeTruthy();
  expect(screen.getByText("Run the tests")).toBeTruthy();
  expect(screen.getByText("ok").className).toBe("ansi-green");
});

it("shows a small edit as a diff at once", async () => {
  const container = await show({
    parts: [{ type: "tool-call", content: { toolName: "Edit", args: { file_path: "a.py", old_string: "limit = 5", new_string: "<b>limit</b>" } } }],
  });
  const changes = screen.getByRole("group", { name: "Changes" });
  expect(changes.textContent).toContain("removed: limit = 5");
  expect(changes.textContent).toContain("added: <b>limit</b>");
  expect(container.querySelector("b")).toBeNull();
});

it("shows a list of things to do with their state", async () => {
  await show({ parts: [{ type: "tool-call", content: { name: "TodoWrite", input: { todos: [{ content: "Mend it", status: "completed" }] } } }] });
  expect(screen.getByRole("img", { name: "Done" })).toBeTruthy();
  expect(screen.getByText("Mend it")).toBeTruthy();
});

it("marks a call that failed", async () => {
  await show({ parts: [{ type: "tool-call", content: { name: "Bash", args: { command: "rm" }, result: "denied", isError: true } }] });
  expect(screen.getByRole("button", { name: /Bash rm failed/ })).toBeTruthy();
});

it("opens and shows only the beginning of an output of a megabyte", async () => {
  const container = await show({ parts: [{ type: "tool-result", content: "A<b>".repeat(262_144) }] });
  await userEvent.click(screen.getByRole("button", { name: /Result/ }));
  expect(container.querySelector("pre")?.textContent.length).toBeLessThan(10_000);
  expect(screen.getByRole("button", { name: "Show all 1.0M characters" })).toBeTruthy();
});

it("copies code", async () => {
  const container = await show({ textContent: "```ts\nconst a = 1;\n```" });
  expect(container.querySelector(".code-block pre")?.textContent).toBe("const a = 1;");
  expect(screen.getByRole("button", { name: "Copy this code" })).toBeTruthy();
});

it("survives a role nobody has heard of", async () => {
  const container = await show({ role: "constructor" });
  expect(container.textContent).toContain("Nothing was recorded");
});
