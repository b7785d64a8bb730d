import { Transcript } from "@/components/transcript/transcript";
import { ErrorMessage } from "@/components/ui/error-message";
import { Spinner } from "@/components/ui/spinner";
import { useTranscript } from "@/hooks/use-session";

/** What was said in the session under review. */
export function ReviewTranscript({ id }: { id: string }) {
  const transcript = useTranscript(id);
  if (transcript.messages) return <Transcript messages={transcript.messages} isComplete={transcript.isWhole} isBeside />;
  if (transcript.error) return <ErrorMessage title="The session did not load" error={transcript.error} onRetry={() => void transcript.refetch()} />;
  return (
    <div className="grid flex-1 place-items-center">
      <Spinner label="Loading the session…" />
    </div>
  );
}
