// Lists that come page by page.
import { useEffect, useRef, useState } from "preact/hooks";
import { explain } from "../app/explain";
import { useRead } from "./reading";

export interface Page<Row> {
  rows: readonly Row[];
  next: string | undefined;
}

export interface Pages<Row> {
  rows: readonly Row[];
  more: boolean;
  busy: boolean;
  problem: string;
  load: () => void;
  reload: () => void;
}

/** Read the first page now, and again whenever `key` changes; more on demand. */
export function usePages<Row>(key: string, read: (cursor?: string) => Promise<Page<Row>>): Pages<Row> {
  const [rows, setRows] = useState<readonly Row[]>([]);
  const [next, setNext] = useState<string | undefined>(undefined);
  const [busy, setBusy] = useState(true);
  const [problem, setProblem] = useState("");
  const turn = useRef(0);
  /** Says whether the page came. */
  const fetch = async (before: readonly Row[], cursor?: string): Promise<boolean> => {
    const mine = ++turn.current;
    setBusy(true);
    setProblem("");
    try {
      const page = await read(cursor);
      if (mine !== turn.current) return false;
      setRows([...before, ...page.rows]);
      setNext(page.next);
      setBusy(false);
      return true;
    } catch (error) {
      if (mine === turn.current) setProblem(explain(error));
      if (mine === turn.current) setBusy(false);
      return false;
    }
  };
  useEffect(() => {
    setRows([]);
    setNext(undefined);
    return () => void turn.current++;
  }, [key]);
  const waits = useRead(() => fetch([]), key);
  const load = (): void => void fetch(rows, next);
  return { rows, more: next !== undefined, busy, problem: waits || problem, load, reload: () => void fetch([]) };
}
