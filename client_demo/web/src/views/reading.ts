import { useEffect, useRef, useState } from "preact/hooks";
import { explain } from "../app/explain";
import { online } from "../app/session";

/**
 * Read something as soon as there is a connection, and after each loss again until it came; then
 * once more whenever `key` changes. `read` rejects, or answers false, when it did not come. Returns
 * why there is nothing yet, else "".
 */
export function useRead(read: () => Promise<unknown>, key: unknown = ""): string {
  const [problem, setProblem] = useState("");
  const came = useRef<unknown>(undefined);
  const up = online.value;
  useEffect(() => {
    if (!up || came.current === key) return;
    let current = true;
    setProblem("");
    read().then(
      (worked) => current && worked !== false && (came.current = key),
      (error: unknown) => current && setProblem(explain(error)),
    );
    return () => void (current = false);
  }, [up, key]);
  if (came.current === key) return "";
  return up ? problem : "Not connected. It is read as soon as the connection is back.";
}
