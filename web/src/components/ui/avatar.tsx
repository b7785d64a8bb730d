import clsx from "clsx";
import { useState } from "react";

import { type User } from "@/types/api";

const sizes = { sm: "size-6 text-2xs", lg: "size-12 text-lg" };

export function Avatar({ user, size }: { user: User; size: keyof typeof sizes }) {
  const [isBroken, setIsBroken] = useState(false);
  const initial = (user.name || user.email || "?").slice(0, 1).toUpperCase();
  return user.avatarUrl && !isBroken ? (
    <img
      src={user.avatarUrl}
      alt=""
      referrerPolicy="no-referrer"
      className={clsx("rounded-full object-cover", sizes[size])}
      onError={() => setIsBroken(true)}
    />
  ) : (
    <span aria-hidden className={clsx("grid place-items-center rounded-full bg-accent-soft font-semibold text-accent-strong", sizes[size])}>
      {initial}
    </span>
  );
}
