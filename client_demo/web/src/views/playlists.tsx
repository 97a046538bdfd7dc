import { useEffect, useState } from "preact/hooks";
import { change, choose, chosen, createPlaylist, deletePlaylist, loadItems, loadPlaylists, playlists, query, search, shownList, shuffle, total } from "../app/playlists";
import { exporting, exportPlaylist, importing } from "../app/transfer";
import { LIMITS, type Playlist } from "@roomserver/client";
import { T } from "../testids";
import { AddLink } from "./addlink";
import { ImportButton, ImportPanel } from "./importpanel";
import { Modal } from "./modal";
import { useRead } from "./reading";
import { Tracks } from "./tracks";

export function PlaylistsDialog() {
  // What is shown may be older than the last turn in the booth.
  const problem = useRead(async () => (await loadPlaylists()) && loadItems());
  const shown = shownList.value;
  return (
    <Modal title="Your playlists" wide>
      <div class="drawer">
        <div class="lists">
          {(problem || playlists.value === null) && <p class="muted" role="status">{problem || "One moment…"}</p>}
          <ul class="list-buttons">
            {playlists.value?.map((list) => (
              <li key={list.id}>
                <button class="list-button" aria-pressed={list.id === chosen.value} onClick={() => void choose(list.id)}>
                  <span class="list-name">{list.name}</span>
                  {list.active && <span class="tag live">active</span>}
                  <span class="muted">{list.size}</span>
                </button>
              </li>
            ))}
          </ul>
          <NewPlaylist />
          <ImportButton />
        </div>
        <div class="items">
          {importing.value ? (
            <ImportPanel state={importing.value} />
          ) : (
            <>
              <AddLink />
              {shown && <ListHead key={shown.id} list={shown} />}
              <Tracks listId={shown?.id ?? ""} />
            </>
          )}
        </div>
      </div>
    </Modal>
  );
}

type Step = "rename" | "delete" | null;

function ListHead({ list }: { list: Playlist }) {
  const [step, setStep] = useState<Step>(null);
  const done = (): void => setStep(null);
  if (step === "rename") return <Rename list={list} done={done} />;
  if (step === "delete") return <Delete list={list} done={done} />;
  return (
    <div class="list-head">
      <strong>{list.name}</strong>
      <span class="muted">{total.value === 1 ? "1 track" : `${total.value} tracks`}</span>
      <span class="list-tools">
        {!list.active && <button data-testid={T.playlistActivate} onClick={() => void change("playlist.activate", { playlist_id: list.id })}>Play from this one</button>}
        <button class="quiet" disabled={list.size < 2} onClick={() => void shuffle(list.id)}>Shuffle</button>
        <button class="quiet" data-testid={T.playlistRename} onClick={() => setStep("rename")}>Rename</button>
        <button class="quiet" disabled={list.size === 0 || exporting.value !== null} data-testid={T.playlistExport} onClick={() => void exportPlaylist(list.id, list.name)}>
          {exporting.value ?? "Export"}
        </button>
        <button class="quiet danger" data-testid={T.playlistDelete} onClick={() => setStep("delete")}>Delete</button>
      </span>
      {(list.size > 8 || query.value !== "") && <Search />}
    </div>
  );
}

function Search() {
  const [text, setText] = useState(query.value);
  useEffect(() => {
    if (text === query.peek()) return;
    const timer = setTimeout(() => void search(text), 250);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      type="search"
      value={text}
      placeholder="Search in this playlist"
      aria-label="Search in this playlist"
      maxLength={LIMITS.TITLE_CHARS}
      data-testid={T.playlistSearch}
      onInput={(event) => setText(event.currentTarget.value)}
    />
  );
}

function Rename({ list, done }: { list: Playlist; done: () => void }) {
  const [name, setName] = useState(list.name);
  const rename = (event: Event): void => {
    event.preventDefault();
    if (name.trim()) void change("playlist.rename", { playlist_id: list.id, name: name.trim() }).then((worked) => worked && done());
  };
  return (
    <form class="new-list" onSubmit={rename}>
      <input value={name} aria-label="New name" maxLength={LIMITS.TITLE_CHARS} data-testid={T.playlistNewName} onInput={(event) => setName(event.currentTarget.value)} />
      <button class="primary" type="submit" disabled={!name.trim()}>Rename</button>
      <button type="button" onClick={done}>Cancel</button>
    </form>
  );
}

function Delete({ list, done }: { list: Playlist; done: () => void }) {
  const tracks = list.size === 1 ? "its track" : `its ${list.size} tracks`;
  return (
    <div class="list-head consequence" role="alertdialog" aria-label="Delete the playlist">
      <p>{list.size > 0 ? `${list.name} and ${tracks} are deleted for good.` : `${list.name} is deleted for good.`}</p>
      <span class="list-tools">
        <button onClick={done}>Keep it</button>
        <button class="primary hot" data-testid={T.playlistDeleteConfirm} onClick={() => void deletePlaylist(list.id).then(done)}>Delete</button>
      </span>
    </div>
  );
}

function NewPlaylist() {
  const [name, setName] = useState("");
  const create = (event: Event): void => {
    event.preventDefault();
    if (name.trim()) void createPlaylist(name.trim()).then((worked) => worked && setName(""));
  };
  return (
    <form class="new-list" onSubmit={create}>
      <input
        value={name}
        placeholder="New playlist"
        aria-label="Name of a new playlist"
        maxLength={LIMITS.TITLE_CHARS}
        data-testid={T.playlistName}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <button type="submit" disabled={!name.trim()} data-testid={T.playlistCreate}>Create</button>
    </form>
  );
}
