import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { toasts } from "@/lib/toasts";

import { TitleEditor } from "./title-editor";

function setUp(respond: () => Response) {
  const fetch = vi.fn<(url: string, init: { body: string }) => Promise<Response>>(() => Promise.resolve(respond()));
  vi.stubGlobal("fetch", fetch);
  const onDone = vi.fn();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <TitleEditor session={{ id: "s1", title: "Old" }} onDone={onDone} />
    </QueryClientProvider>,
  );
  const sent = () => fetch.mock.calls.map(([, { body }]) => JSON.parse(body) as unknown);
  return { onDone, sent, field: screen.getByRole<HTMLInputElement>("textbox", { name: "Title of Old" }) };
}

it("keeps what was typed on Enter, and leaves an emptied title to the agent", async () => {
  const { onDone, sent, field } = setUp(() => Response.json({ id: "s1" }));
  await userEvent.clear(field);
  await userEvent.type(field, " New {Enter}");
  await vi.waitFor(() => expect(onDone).toHaveBeenCalledOnce());
  await userEvent.clear(field);
  await userEvent.type(field, "{Enter}");
  await vi.waitFor(() => expect(onDone).toHaveBeenCalledTimes(2));
  expect(sent()).toEqual([{ title: "New", titleEdited: true }, { title: "", titleEdited: false }]);
});

it("changes nothing on Escape, nor on Enter when nothing was typed", async () => {
  const { onDone, sent, field } = setUp(() => Response.json({ id: "s1" }));
  await userEvent.type(field, "{Enter}");
  await userEvent.type(field, "x{Escape}");
  expect([onDone.mock.calls.length, sent()]).toEqual([2, []]);
});

it("keeps the field when the server refuses, and says so", async () => {
  const show = vi.spyOn(toasts, "show");
  const { onDone, field } = setUp(() => Response.json({ message: "No." }, { status: 400 }));
  await userEvent.type(field, "x{Enter}");
  await vi.waitFor(() => expect(show).toHaveBeenCalledExactlyOnceWith("The title was not saved. No.", { tone: "danger" }));
  expect([onDone.mock.calls.length, field.value]).toEqual([0, "Oldx"]);
});
