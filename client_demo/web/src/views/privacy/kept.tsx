import type { Notice } from "@roomserver/client";
import { useState } from "preact/hooks";
import { keptFor } from "../../app/kept";
import { notice as noticeHere, room } from "../../app/room";
import { client } from "../../app/session";
import { T } from "../../testids";
import { useRead } from "../reading";

const SEEN_BY = { room: "the room", staff: "staff", self: "you", operator: "the operator" };

function Words({ title, words = [] }: { title: string; words?: readonly string[] | undefined }) {
  if (words.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul class="plain-list">{words.map((each) => <li key={each}>{each}</li>)}</ul>
    </section>
  );
}

/** The recording notice as a list, of this room where one is in one. */
export function Kept() {
  const [read, setRead] = useState<Notice | null>(null);
  const here = noticeHere.value;
  const problem = useRead(async () => {
    const inRoom = room.peek()?.state?.id;
    setRead((await client.request("privacy.notice", inRoom === undefined ? {} : { room: inRoom })).notice);
  }, here?.hash ?? "");
  const notice = read ?? here;
  if (!notice) return <p class="empty-note" aria-busy={problem === ""}>{problem || "One moment…"}</p>;
  return (
    <>
      <p class="muted">
        {here ? "This is what is recorded in this room." : "This is what the server records."} Rendered from the policy in force, revision {notice.rev}.{" "}
        <a href={notice.url} target="_blank" rel="noopener">The whole notice</a>
      </p>
      <div class="table-box" tabIndex={0} role="region" aria-label="What is kept">
        <table class="kept" data-testid={T.keptList}>
          <thead>
            <tr><th scope="col">What</th><th scope="col">Kept for</th><th scope="col">Why</th><th scope="col">Seen by</th></tr>
          </thead>
          <tbody>
            {notice.categories.map(({ category, what, purpose, ttl_ms, visible_to = "room" }) => (
              <tr key={category}>
                <th scope="row">{what}</th>
                <td class="nowrap">{keptFor(ttl_ms, category)}</td>
                <td>{purpose}</td>
                <td class="nowrap">{SEEN_BY[visible_to]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Words title="Not recorded" words={notice.not_recorded} />
      <Words title="Who else gets it" words={notice.recipients} />
      <Words title="Your rights" words={notice.rights} />
    </>
  );
}
