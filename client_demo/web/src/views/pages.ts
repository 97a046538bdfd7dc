// Lists that come page by page.
import { useEffect, useRef, useState } from "preact/hooks";
import { explain } from "../app/explain";

export interface Page<Row> {
  rows: readonly Row[];
  next: string | undefined;
}

export interface Pages<Row> {
  rows: readonly Row[];
  more: boolean;
  busy: boolean;
  problem: string | null;
  load: () => void;
  reload: () => void;
}

/** Read the first page now, and again whenever `key` changes; more on demand. */
export function usePages<Row>(key: string, read: (cursor?: string) => Promise<Page<Row>>): Pages<Row> {
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [next, setNext] = useState<string | undefined>(undefined);
  const [busy, setBusy] = useState(true);
  const [problem, setProblem] = useState<string | null>(null);
  const turn = useRef(0);
  const fetch = (before: readonly Row[], cursor?: string): void => {
    const mine = ++turn.current;
    setBusy(true);
    read(cursor)
      .then((page) => {
        if (mine !== turn.current) return;
        setRows([...before, ...page.rows]);
        setNext(page.next);
        setProblem(null);
      })
      .catch((error: unknown) => mine === turn.current && setProblem(explain(error)))
      .finally(() => mine === turn.current && setBusy(false));
  };
  const reload = (): void => fetch([]);
  useEffect(() => {
    setRows([]);
    reload();
    return () => void turn.current++;
  }, [key]);
  return { rows, more: next !== undefined, busy, problem, load: () => fetch(rows, next), reload };
}
