import { useState } from "preact/hooks";
import { updateItem } from "../app/playlists";
import { formatSpan, parseSpan } from "../app/spans";
import { formatDuration, LIMITS, type PlaylistItem } from "@roomserver/client";
import { T } from "../testids";
import { Field, FormError, useSending } from "./form";

/** An item's texts, and where its play begins and ends. */
export function EditItem({ item, done }: { item: PlaylistItem; done: () => void }) {
  const { media } = item;
  const [title, setTitle] = useState(media.title);
  const [artist, setArtist] = useState(media.artist ?? "");
  const [start, setStart] = useState(clock(media.start_ms));
  const [end, setEnd] = useState(clock(media.end_ms));
  const { busy, problem, refuse, send } = useSending();
  const save = send(async () => {
    const [from, to] = [parseSpan(start), parseSpan(end)];
    if (from === null || to === null) return refuse("Write times like 0:30 or 3:25, or leave them empty.");
    if ((to || media.duration_ms) > media.duration_ms) return refuse(`The track ends at ${formatDuration(media.duration_ms)}.`);
    if (from >= (to || media.duration_ms)) return refuse("The end must come after the start.");
    await updateItem(item.id, {
      ...(title.trim() !== media.title && { title: title.trim() }),
      ...(artist.trim() !== (media.artist ?? "") && { artist: artist.trim() }),
      ...(from !== (media.start_ms ?? 0) && { start_ms: from }),
      ...(to !== (media.end_ms ?? 0) && { end_ms: to }),
    });
    done();
  });
  return (
    <form class="stack" onSubmit={save} data-testid={T.editForm}>
      <h3>Edit the track</h3>
      <Field label="Title" value={title} change={setTitle} required maxLength={LIMITS.TITLE_CHARS} testid="edit-title" />
      <Field label="Artist" value={artist} change={setArtist} maxLength={LIMITS.TITLE_CHARS} testid="edit-artist" />
      <div class="pair">
        <Field label="Play from" value={start} change={setStart} placeholder="0:00" hint="Empty: the beginning" testid="edit-start" />
        <Field label="Play to" value={end} change={setEnd} placeholder={formatDuration(media.duration_ms)} hint={`Empty: the end, ${formatSpan(media.duration_ms)}`} testid="edit-end" />
      </div>
      <FormError problem={problem} />
      <div class="row-end">
        <button type="button" onClick={done}>Cancel</button>
        <button class="primary" type="submit" disabled={busy || !title.trim()} data-testid={T.editSave}>Save</button>
      </div>
    </form>
  );
}

function clock(ms: number | undefined): string {
  return ms ? formatDuration(ms) : "";
}
