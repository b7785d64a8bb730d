import { useJobs } from "@/hooks/use-jobs";

import { WorkRow } from "./work-row";

/** What was deleted and restored lately, why, and how it ended. */
export function RecentWork() {
  const jobs = useJobs();
  if (!jobs || jobs.length === 0) return null;
  return (
    <section aria-label="Recent work" className="card min-w-0">
      <h2 className="border-b border-line px-4 py-3 text-[0.9375rem] font-semibold">Recent work</h2>
      <ul className="divide-y divide-line/60">
        {jobs.map((job) => (
          <WorkRow key={job.id} job={job} />
        ))}
      </ul>
    </section>
  );
}
