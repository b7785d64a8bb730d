import { Plus } from "lucide-react";
import { type SubmitEvent, useState } from "react";

import { Button } from "@/components/ui/button";
import { InlineError } from "@/components/ui/error-message";
import { Input } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import { type CreatedKey } from "@/types/api";

import { useCreateKey } from "../api/create-key";

const DAY = 24 * 60 * 60 * 1000;
const LIFETIMES = [
  { value: "0", label: "Never expires" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "1 year" },
];

export function NewKeyForm({ onCreated }: { onCreated: (created: CreatedKey) => void }) {
  const [name, setName] = useState("");
  const [days, setDays] = useState("0");
  const create = useCreateKey();

  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    create.mutate(
      { name: name.trim(), expiresAt: days === "0" ? null : Date.now() + Number(days) * DAY },
      {
        onSuccess: (created) => {
          setName("");
          onCreated(created);
          create.reset();
        },
      },
    );
  };

  return (
    <form onSubmit={onSubmit} className="grid gap-2">
      <div className="flex flex-wrap gap-2">
        <Input
          className="min-w-40 flex-1 basis-48"
          aria-label="Name of the new key"
          placeholder="Name, for instance “laptop”"
          value={name}
          maxLength={100}
          required
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
        />
        <Select label="Expiry" className="w-40!" options={LIFETIMES} value={days} onChange={setDays} />
        <Button type="submit" variant="primary" disabled={create.isPending} aria-busy={create.isPending}>
          <Plus aria-hidden /> Create key
        </Button>
      </div>
      {create.error && <InlineError error={create.error} />}
    </form>
  );
}
