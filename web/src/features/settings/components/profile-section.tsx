import { LogOut } from "lucide-react";

import { Section } from "@/components/layouts/page";
import { Avatar } from "@/components/ui/avatar";
import { buttonClass } from "@/components/ui/button";
import { useMe } from "@/hooks/use-auth-sync";
import { formatDate } from "@/lib/format";

export function ProfileSection() {
  const { user, isAdmin, signOutUrl } = useMe();
  return (
    <Section title="Profile" description="Name and e-mail come from your sign-in portal.">
      <div className="flex flex-wrap items-center gap-4">
        <Avatar user={user} size="lg" />
        <div className="min-w-0 flex-1">
          <p className="truncate font-medium">{user.name || user.autheliaId}</p>
          <p className="truncate text-muted">{user.email}</p>
          <p className="text-xs text-muted">
            {isAdmin ? "Administrator, member" : "Member"} since {formatDate(user.createdAt)}
          </p>
        </div>
        {signOutUrl !== null && (
          <a href={signOutUrl} className={buttonClass("secondary")}>
            <LogOut aria-hidden /> Sign out
          </a>
        )}
      </div>
    </Section>
  );
}
