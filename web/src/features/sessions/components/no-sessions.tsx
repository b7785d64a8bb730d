import { Link } from "@tanstack/react-router";
import { MessagesSquare, SearchX } from "lucide-react";

import { Button, buttonClass } from "@/components/ui/button";
import { CodeLine } from "@/components/ui/code-line";
import { StateMessage } from "@/components/ui/state-message";
import { claudeCodeLine } from "@/lib/plugins";

export function NoSessions({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) {
    return (
      <StateMessage icon={SearchX} title="No session matches" actions={<Button onClick={onClear}>Clear the filters</Button>}>
        Take one of the conditions away, or all of them.
      </StateMessage>
    );
  }
  return (
    <StateMessage
      icon={MessagesSquare}
      title="No sessions yet"
      actions={
        <Link to="/settings" search={{ tab: "keys" }} className={buttonClass("primary")}>
          Create an API key
        </Link>
      }
    >
      <p>Create an API key, then point an agent's plugin at this server. For Claude Code:</p>
      <div className="mt-4 text-left">
        <CodeLine code={claudeCodeLine("osk_…")} label="the set-up line" />
      </div>
      <p className="mt-3 text-[0.8125rem]">Settings has the steps for the other agents. Sessions appear here by themselves.</p>
    </StateMessage>
  );
}
