import { useComputed } from "@preact/signals";
import { Component } from "preact";
import { useCallback, useState } from "preact/hooks";
import { hasMore, items, loadItems, loading, moveItems, playlists, query, removeItems, select, selectAll, selected, total } from "../app/playlists";
import { formatDuration, type PlaylistItem } from "@roomserver/client";
import { T } from "../testids";
import { dropClass, useDrag } from "./drag";
import { EditItem } from "./edititem";
import { Icon } from "./icons";

/** So near to the end the next page is asked for. */
const AHEAD_PX = 1200;
/** A row's height, as in dialogs.css: only rows near to what is in sight stand in the page. */
const ROW_PX = 56;
const MARGIN_ROWS = 20;
const STEP_ROWS = 10;

/** The items of the shown playlist; more come while one scrolls. */
export function Tracks({ listId }: { listId: string }) {
  const [editing, setEditing] = useState<PlaylistItem | null>(null);
  const shown = items.value;
  const searching = query.value.trim() !== "";
  const drag = useDrag((from, to) => {
    const item = shown[from];
    if (item) void move([item.id], to, shown);
  });
  const sight = useSight();
  const from = Math.min(sight.first, Math.max(0, shown.length - STEP_ROWS));
  const to = Math.min(shown.length, from + sight.count);
  const edit = useCallback((item: PlaylistItem) => setEditing(item), []);
  const scrolled = (event: Event): void => {
    const list = event.currentTarget as HTMLElement;
    sight.look(list);
    if (list.scrollHeight - list.scrollTop - list.clientHeight < AHEAD_PX) void loadItems(true);
  };
  if (editing) return <EditItem item={editing} done={() => setEditing(null)} />;
  return (
    <>
      {shown.length > 0 && <Selection />}
      <ol class="tracks" key={listId} data-testid={T.playlistItems} aria-busy={loading.value} onScroll={scrolled}>
        {from > 0 && <Space key="above" rows={from} />}
        {shown.slice(from, to).map((item, at) => (
          <Track
            key={item.id}
            item={item}
            index={from + at}
            fixed={searching}
            mark={dropClass(drag, from + at, from + at === shown.length - 1)}
            handle={drag.handle}
            edit={edit}
          />
        ))}
        {to < shown.length && <Space key="below" rows={shown.length - to} />}
      </ol>
      {playlists.value && shown.length === 0 && !loading.value && (
        <p class="empty-note">
          {searching ? "Nothing in this playlist matches that." : "No tracks yet. Paste a link above: an audio or video file, or YouTube. At your turn the top of the active playlist plays."}
        </p>
      )}
      {hasMore() && <button class="quiet" disabled={loading.value} onClick={() => void loadItems(true)}>Show more ({total.value - shown.length})</button>}
    </>
  );
}

/** Which rows are in sight, with some around them. */
function useSight() {
  const [first, setFirst] = useState(0);
  const [count, setCount] = useState(4 * MARGIN_ROWS);
  const look = (list: HTMLElement): void => {
    const top = Math.floor(list.scrollTop / ROW_PX) - MARGIN_ROWS;
    setFirst(Math.max(0, Math.floor(top / STEP_ROWS) * STEP_ROWS));
    setCount(Math.ceil(list.clientHeight / ROW_PX) + 2 * MARGIN_ROWS + STEP_ROWS);
  };
  return { first, count, look };
}

/** Keeps the place of rows that are out of sight. */
function Space({ rows }: { rows: number }) {
  const size = (element: HTMLLIElement | null): void => {
    if (element) element.style.height = `${rows * ROW_PX}px`;
  };
  return <li class="space" ref={size} aria-hidden="true" />;
}

/** Put items in front of an index of the list as it is shown. */
function move(ids: readonly string[], to: number, shown: readonly PlaylistItem[]): Promise<void> {
  const moving = new Set(ids);
  const before = shown.slice(0, to).filter((item) => !moving.has(item.id)).at(-1);
  return moveItems(ids, before ? { after: before.id } : "start");
}

/** What can be done with the chosen items. */
function Selection() {
  const ids = [...selected.value];
  const all = ids.length > 0 && ids.length === items.value.length;
  return (
    <div class="selection">
      <label class="check">
        <input type="checkbox" checked={all} data-testid={T.selectAll} onChange={(event) => selectAll(event.currentTarget.checked)} />
        <span>{ids.length > 0 ? `${ids.length} chosen` : "Choose all"}</span>
      </label>
      {ids.length > 0 && (
        <span class="list-tools">
          <button data-testid={T.selectionTop} onClick={() => void moveItems(ids, "start")}>To top</button>
          <button data-testid={T.selectionBottom} onClick={() => void moveItems(ids, "end")}>To bottom</button>
          <button class="danger" data-testid={T.selectionRemove} onClick={() => void removeItems(ids)}>Remove</button>
        </span>
      )}
    </div>
  );
}

interface TrackProps {
  item: PlaylistItem;
  index: number;
  /** Search results do not stand side by side: they cannot be reordered. */
  fixed: boolean;
  mark: string;
  handle: ReturnType<typeof useDrag>["handle"];
  edit: (item: PlaylistItem) => void;
}

/** Drawn again only when itself changes, not with every step of scrolling. */
class Track extends Component<TrackProps> {
  override shouldComponentUpdate(next: TrackProps): boolean {
    const { item, index, fixed, mark } = this.props;
    return item !== next.item || index !== next.index || fixed !== next.fixed || mark !== next.mark;
  }

  render() {
    return <TrackRow {...this.props} />;
  }
}

function TrackRow({ item, index, fixed, mark, handle, edit }: TrackProps) {
  const { media } = item;
  const chosen = useComputed(() => selected.value.has(item.id));
  const keys = (event: KeyboardEvent): void => {
    if (fixed || !event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    const shown = items.peek();
    const to = event.key === "ArrowUp" ? index - 1 : index + 2;
    if (to < 0 || to > shown.length) return;
    const list = (event.currentTarget as HTMLElement).closest("ol");
    void move([item.id], to, shown);
    // The row was put elsewhere in the page, which takes the focus away.
    requestAnimationFrame(() => list?.querySelector<HTMLElement>(`[data-item-id="${CSS.escape(item.id)}"] .handle`)?.focus());
  };
  const trimmed = media.start_ms !== undefined || media.end_ms !== undefined;
  return (
    <li class={mark} data-index={index} data-item-id={item.id} aria-posinset={index + 1} aria-setsize={total.value} onKeyDown={keys}>
      <span class="track-number">{index + 1}</span>
      <input type="checkbox" checked={chosen} aria-label={`Choose ${media.title}`} onChange={(event) => select(item.id, event.currentTarget.checked)} />
      <button
        class="handle"
        disabled={fixed}
        aria-label={`Move ${media.title}: drag, or Alt and arrow keys`}
        aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
        title="Drag, or Alt + arrow keys"
        data-testid={T.trackHandle}
        {...handle(index)}
      >
        <Icon name="grip" />
      </button>
      <span class="track-text">
        <span class="track-title">{media.title}</span>
        <span class="muted">{[media.artist, formatDuration(playedMs(item)), trimmed ? "trimmed" : "", media.source].filter(Boolean).join(" · ")}</span>
      </span>
      <span class="track-tools">
        {!fixed && (
          <button class="quiet icon-button" disabled={index === 0} aria-label={`Move ${media.title} to the top`} title="Play next" onClick={() => void moveItems([item.id], "start")}>
            <Icon name="up" />
          </button>
        )}
        <button class="quiet icon-button" aria-label={`Edit ${media.title}`} title="Edit" data-testid={T.trackEdit} onClick={() => edit(item)}>
          <Icon name="edit" />
        </button>
        <button class="quiet icon-button" aria-label={`Remove ${media.title}`} title="Remove" onClick={() => void removeItems([item.id])}>
          <Icon name="close" />
        </button>
      </span>
    </li>
  );
}

function playedMs({ media }: PlaylistItem): number {
  return (media.end_ms ?? media.duration_ms) - (media.start_ms ?? 0);
}
