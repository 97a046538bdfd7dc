import { useState } from "preact/hooks";
import { can, room } from "../app/room";
import { instant, logSentence } from "../app/wording";
import type { LogEntry, SanctionKind } from "@roomserver/client";
import { T } from "../testids";
import { BlockList } from "./blocklist";
import { Modal } from "./modal";
import { usePages, type Pages } from "./pages";
import { SanctionList } from "./sanctions";
import { Segments } from "./tabs";

type Tab = SanctionKind | "log" | "blocked";

const TABS: readonly (readonly [Tab, string])[] = [
  ["mute", "Mutes"],
  ["ban", "Bans"],
  ["waitlist_ban", "Waitlist bans"],
  ["log", "Log"],
];

/** What is in force here, and who did what to whom. */
export function StaffDialog() {
  const [tab, setTab] = useState<Tab>("mute");
  const tabs = can("BLOCK_MEDIA") ? [...TABS, ["blocked", "Block-list"] as const] : TABS;
  return (
    <Modal title="Staff" wide>
      <Segments label="Staff lists" tabs={tabs} chosen={tab} choose={setTab} prefix="staff" />
      <div class="tall">
        {tab === "log" ? <Log /> : tab === "blocked" ? <BlockList /> : <SanctionList key={tab} kind={tab} />}
      </div>
    </Modal>
  );
}

function Log() {
  const pages = usePages<LogEntry>("log", async (cursor) => {
    const here = room.peek();
    if (!here) return { rows: [], next: undefined };
    const page = await here.request("mod.log", cursor === undefined ? {} : { cursor });
    return { rows: page.entries, next: page.next_cursor };
  });
  return (
    <>
      <ul class="rows log-rows" data-testid={T.modLog}>
        {pages.rows.map((entry) => (
          <li key={`${entry.seq} ${entry.at_ms} ${entry.action}`}>
            <time class="muted" dateTime={new Date(entry.at_ms).toISOString()}>{instant(entry.at_ms)}</time>
            <span class="row-text">
              <span>{logSentence(entry)}</span>
              {entry.reason && <span class="muted">{entry.reason}</span>}
            </span>
          </li>
        ))}
      </ul>
      <PageEnd pages={pages} nothing="Staff has not done anything here yet." />
    </>
  );
}

/** The foot of a list that comes page by page: more, nothing, or what went wrong. */
export function PageEnd<Row>({ pages, nothing }: { pages: Pages<Row>; nothing: string }) {
  if (pages.problem) return <p class="form-error" role="alert">{pages.problem} <button class="quiet" onClick={pages.load}>Try again</button></p>;
  if (pages.more) return <button class="quiet" disabled={pages.busy} onClick={pages.load}>Show more</button>;
  return pages.rows.length > 0 ? null : <p class="empty-note" aria-busy={pages.busy}>{pages.busy ? "One moment…" : nothing}</p>;
}
