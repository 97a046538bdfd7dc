import { useEffect, useState } from "preact/hooks";
import { change, choose, chosen, createPlaylist, hasMore, items, loadItems, loadPlaylists, playlists, total } from "../app/playlists";
import { formatDuration } from "../media/links";
import { LIMITS, type Playlist, type PlaylistItem } from "../protocol";
import { T } from "../testids";
import { AddLink } from "./addlink";
import { Icon } from "./icons";
import { Modal } from "./modal";

export function PlaylistsDialog() {
  useEffect(() => void loadPlaylists(), []);
  const lists = playlists.value;
  const shown = lists?.find((list) => list.id === chosen.value) ?? null;
  return (
    <Modal title="Your playlists" wide>
      <div class="drawer">
        <div class="lists">
          <ul>
            {lists?.map((list) => (
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
        </div>
        <div class="items">
          <AddLink />
          {shown && <ListHead list={shown} />}
          <Items listId={shown?.id ?? ""} />
        </div>
      </div>
    </Modal>
  );
}

function ListHead({ list }: { list: Playlist }) {
  return (
    <div class="list-head">
      <strong>{list.name}</strong>
      <span class="muted">{total.value === 1 ? "1 track" : `${total.value} tracks`}</span>
      {!list.active && <button onClick={() => void change("playlist.activate", { playlist_id: list.id })}>Play from this one</button>}
      <button class="quiet" disabled={list.size < 2} onClick={() => void change("playlist.shuffle", { playlist_id: list.id })}>Shuffle</button>
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

function Items({ listId }: { listId: string }) {
  return (
    <>
      <ol class="tracks" data-testid={T.playlistItems}>
        {items.value.map((item, index) => <Track key={item.id} item={item} first={index === 0} listId={listId} />)}
      </ol>
      {playlists.value && items.value.length === 0 && <p class="empty-note">No tracks yet. Paste a link above.</p>}
      {hasMore() && <button class="quiet" onClick={() => void loadItems(true)}>Show more</button>}
    </>
  );
}

function Track({ item, first, listId }: { item: PlaylistItem; first: boolean; listId: string }) {
  const { media } = item;
  return (
    <li>
      <span class="track-text">
        <span class="track-title">{media.title}</span>
        <span class="muted">{[media.artist, formatDuration(media.duration_ms), media.source].filter(Boolean).join(" · ")}</span>
      </span>
      <button
        class="quiet icon-button"
        disabled={first}
        aria-label={`Move ${media.title} to the top`}
        title="Play next"
        onClick={() => void change("playlist.move", { playlist_id: listId, item_ids: [item.id], at: "start" })}
      >
        <Icon name="up" />
      </button>
      <button
        class="quiet icon-button"
        aria-label={`Remove ${media.title}`}
        onClick={() => void change("playlist.remove", { playlist_id: listId, item_ids: [item.id] })}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}
