import { Overview } from "@/features/overview/components/overview";
import { useDocumentTitle } from "@/hooks/use-document-title";

export function OverviewRoute() {
  useDocumentTitle("Overview");
  return <Overview />;
}
