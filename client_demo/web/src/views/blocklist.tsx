import { act } from "../app/room";
import { LIMITS, type BlockedMedia } from "@roomserver/client";
import { T } from "../testids";
import { useHere } from "./here";
import { usePages } from "./pages";
import { PageEnd } from "./staff";

/** What this room does not play. */
export function BlockList() {
  const here = useHere();
  const pages = usePages<BlockedMedia>("blocked", async (cursor) => {
    const page = await here().request("media.blocked", cursor === undefined ? {} : { cursor });
    return { rows: page.blocked, next: page.next_cursor };
  });
  const unblock = async ({ source, source_id, title }: BlockedMedia): Promise<void> => {
    // The length plays no role for finding it, but every media has one.
    const media = { source, source_id, title, duration_ms: LIMITS.MEDIA_DURATION_MIN_MS };
    if (await act("media.block", { media, on: false })) pages.reload();
  };
  return (
    <>
      <ul class="rows" data-testid={T.blockList}>
        {pages.rows.map((blocked) => (
          <li key={`${blocked.source} ${blocked.source_id}`}>
            <span class="row-text">
              <span class="row-title">{blocked.title}</span>
              <span class="muted">{blocked.source} · by {blocked.by.name}, {new Date(blocked.at_ms).toLocaleDateString()}</span>
            </span>
            <button type="button" data-testid={T.unblock} onClick={() => void unblock(blocked)}>Remove</button>
          </li>
        ))}
      </ul>
      <PageEnd pages={pages} nothing="This room plays everything. Block a track when you skip it." />
    </>
  );
}
