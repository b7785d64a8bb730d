import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { makeMessage } from "@/testing/factories";
import { type Message } from "@/types/api";

import { FoldsProvider } from "./folds";
import { MessageCard } from "./message-card";

async function show(change: Partial<Message>) {
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

it("opens a tool call, and strips terminal colours from its result", async () => {
  await show({
    parts: [
      { type: "tool_use", content: { toolName: "Bash", args: { command: "npm test" } } },
      { type: "tool_result", content: "\u001b[32mok\u001b[0m 12 passed" },
    ],
  });
  const call = screen.getByRole("button", { name: /Bash npm test/ });
  expect(call.getAttribute("aria-expanded")).toBe("false");
  await userEvent.click(call);
  expect(screen.getByText(/"command": "npm test"/)).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: /Result/ }));
  expect(screen.getByText("ok 12 passed", { selector: "pre" })).toBeTruthy();
});

it("survives a role nobody has heard of", async () => {
  const container = await show({ role: "constructor" as Message["role"] });
  expect(container.textContent).toContain("Nothing was recorded");
});
