import { useRef, useState } from "preact/hooks";
import { endImport, importInto, pickFile, runImport, skipItem, type ImportState } from "../app/transfer";
import { added, chosen, shownList } from "../app/playlists";
import { T } from "../testids";

export function ImportButton() {
  const input = useRef<HTMLInputElement>(null);
  const pick = (): void => {
    const file = input.current?.files?.[0];
    if (file) void pickFile(file);
    // The same file may be chosen again.
    if (input.current) input.current.value = "";
  };
  return (
    <>
      <input ref={input} class="visually-hidden" type="file" accept=".json,application/json" tabIndex={-1} aria-hidden="true" data-testid={T.importFile} onChange={pick} />
      <button class="quiet" data-testid={T.importOpen} onClick={() => input.current?.click()}>Import a file…</button>
    </>
  );
}

/** What a file holds, where it goes, how far that is, and where it stopped. */
export function ImportPanel({ state }: { state: ImportState }) {
  const { lists, phase } = state;
  const count = lists.reduce((sum, list) => sum + list.items.length, 0);
  return (
    <section class="stack import" data-testid={T.importPanel} data-phase={phase} aria-live="polite">
      <h3>Import</h3>
      {phase === "ask" && <Ask state={state} count={count} />}
      {phase === "running" && <Running state={state} count={count} />}
      {phase === "stopped" && <Stopped state={state} />}
      {phase === "done" && (
        <>
          <p data-testid={T.importResult}>{added(state.added, state.already)}</p>
          <div class="row-end"><button class="primary" onClick={endImport}>Done</button></div>
        </>
      )}
    </section>
  );
}

function Ask({ state, count }: { state: ImportState; count: number }) {
  const [fresh, setFresh] = useState(state.lists.length > 1 || chosen.value === null);
  const names = state.lists.map((list) => list.name);
  const start = (): void => {
    importInto(fresh ? null : chosen.value);
    void runImport();
  };
  return (
    <>
      <p>
        {count === 1 ? "1 track" : `${count} tracks`} in {names.length === 1 ? <strong>{names[0]}</strong> : <>{names.length} playlists: {names.slice(0, 5).join(", ")}{names.length > 5 && "…"}</>}.
      </p>
      <div class="chips" role="group" aria-label="Where to">
        <button aria-pressed={fresh} onClick={() => setFresh(true)}>{names.length === 1 ? "A new playlist" : "New playlists"}</button>
        {shownList.value && <button aria-pressed={!fresh} data-testid={T.importHere} onClick={() => setFresh(false)}>Into {shownList.value.name}</button>}
      </div>
      <div class="row-end">
        <button onClick={endImport}>Cancel</button>
        <button class="primary" data-testid={T.importStart} onClick={start}>Import</button>
      </div>
    </>
  );
}

function Running({ state, count }: { state: ImportState; count: number }) {
  const before = state.lists.slice(0, state.list).reduce((sum, list) => sum + list.items.length, 0);
  return (
    <>
      <progress class="wide-progress" max={count} value={before + state.item} aria-label="Progress of the import" />
      <p>{before + state.item} of {count}</p>
      <div class="row-end"><button onClick={endImport}>Stop</button></div>
    </>
  );
}

function Stopped({ state }: { state: ImportState }) {
  const list = state.lists[state.list];
  const goOn = (): void => {
    skipItem();
    void runImport();
  };
  return (
    <>
      <p class="consequence" role="alert" data-testid={T.importStopped}>
        Stopped at item {state.item + 1} of {list?.items.length ?? 0}{state.lists.length > 1 && ` of ${list?.name ?? ""}`}{itemName(list?.items[state.item])}: {state.problem}
      </p>
      <p class="muted">{added(state.added, state.already)}</p>
      <div class="row-end">
        <button onClick={endImport}>Leave it there</button>
        <button onClick={() => void runImport()}>Try again</button>
        <button class="primary" data-testid={T.importSkip} onClick={goOn}>Leave this one out and go on</button>
      </div>
    </>
  );
}

function itemName(item: unknown): string {
  const title = typeof item === "object" && item !== null && "title" in item ? item.title : null;
  return typeof title === "string" && title ? ` (${title.slice(0, 60)})` : "";
}
