import { useState } from "preact/hooks";
import { historyPage } from "../app/history";
import { addMedia, loadPlaylists, playlists } from "../app/playlists";
import { room } from "../app/room";
import { isGuest } from "../app/session";
import { instant } from "../app/wording";
import { type EndReason, formatDuration, type HistoryEntry } from "@roomserver/client";
import { T } from "../testids";
import { Icon } from "./icons";
import { Modal } from "./modal";
import { usePages } from "./pages";
import { useRead } from "./reading";
import { PageEnd } from "./staff";
import { Segments } from "./tabs";

const ENDS: Record<EndReason, string> = {
  finished: "",
  skipped: "skipped",
  left: "DJ left",
  replaced: "replaced",
  unplayable: "could not be played",
};

/** What was played in this room, and by oneself anywhere. */
export function HistoryDialog() {
  const [kind, setKind] = useState<"room" | "own">(room.peek() ? "room" : "own");
  const [into, setInto] = useState("");
  const guest = isGuest.value;
  useRead(async () => guest || loadPlaylists(), guest);
  const pages = usePages<HistoryEntry>(kind, async (cursor) => {
    const page = await historyPage(kind, cursor);
    return { rows: page.plays, next: page.next_cursor };
  });
  return (
    <Modal title="History" side>
      {!guest && <Segments label="Whose history" tabs={[["room", "This room"], ["own", "My plays"]]} chosen={kind} choose={setKind} prefix="history" />}
      {!guest && (playlists.value?.length ?? 0) > 1 && (
        <label class="inline-field">
          <span class="muted">Add to</span>
          <select value={target(into) ?? ""} onChange={(event) => setInto(event.currentTarget.value)}>
            {playlists.value?.map((list) => <option key={list.id} value={list.id}>{list.name}</option>)}
          </select>
        </label>
      )}
      <ol class="rows plays" data-testid={T.historyList}>
        {pages.rows.map((play) => <Row key={play.play_id} play={play} add={guest ? null : () => void addMedia([play.media], target(into))} />)}
      </ol>
      <PageEnd pages={pages} nothing={kind === "room" ? "Nothing was played here yet." : "You have not played anything yet."} />
    </Modal>
  );
}

function target(into: string): string | undefined {
  return into || playlists.peek()?.find((list) => list.active)?.id;
}

function Row({ play, add }: { play: HistoryEntry; add: (() => void) | null }) {
  const { media, score, dj, end, reason } = play;
  const ending = [ENDS[end], end === "skipped" ? reason : ""].filter(Boolean).join(": ");
  return (
    <li>
      <span class="row-text">
        <span class="row-title">{media.artist ? `${media.artist} – ${media.title}` : media.title}</span>
        <span class="muted">
          {[dj?.name ?? "House playlist", instant(play.started_at_ms), formatDuration(play.ended_at_ms - play.started_at_ms)].join(" · ")}
          {ending && <> · <em>{ending}</em></>}
        </span>
        <span class="scores">
          <Score icon="woot" words="woots" count={score.woots} />
          <Score icon="meh" words="mehs" count={score.mehs} />
          <Score icon="grab" words="grabs" count={score.grabs} />
          <Score icon="people" words="listeners" count={score.listeners} />
        </span>
      </span>
      {add && (
        <button class="quiet icon-button" aria-label={`Add ${media.title} to my playlist`} title="Add to my playlist" data-testid={T.historyAdd} onClick={add}>
          <Icon name="grab" />
        </button>
      )}
    </li>
  );
}

function Score({ icon, words, count }: { icon: "woot" | "meh" | "grab" | "people"; words: string; count: number }) {
  return (
    <span class={`score ${icon}`} title={words}>
      <Icon name={icon} /> {count}<span class="visually-hidden"> {words}</span>
    </span>
  );
}
