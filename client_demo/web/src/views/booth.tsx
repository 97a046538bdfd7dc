import type { Play, User } from "@roomserver/client";
import { showPerson } from "../app/dialogs";
import { cue, votes, waitlist } from "../app/room";
import { etas, inWords } from "../app/turns";
import { me } from "../app/session";
import { T } from "../testids";
import { Figure, type Mood } from "./figure";
import { Icon } from "./icons";

const IN_LINE = 4;

/** Who plays, behind the desk, and who stands in line for it. */
export function Booth({ play }: { play: Play | null }) {
  const dj = play?.dj ?? null;
  return (
    <div class="front">
      <div class="booth">
        <Speaker />
        <div class="dj">
          {dj ? (
            <button class="face" aria-label={`About ${dj.name}`} onClick={() => showPerson(dj)}>
              <Figure user={dj} mood={moodOf(votes.value?.woots ?? 0)} headphones />
            </button>
          ) : (
            <span class="vacant" aria-hidden="true"><Icon name="disc" /></span>
          )}
        </div>
        <p class="desk">
          <span class="deck" aria-hidden="true" />
          <span class="desk-plate">
            <span class="desk-label">{play && !dj ? "Autoplay" : "DJ"}</span>
            <span class="desk-name" data-testid={T.djName}>{dj ? dj.name : play ? "House playlist" : "The booth is free"}</span>
          </span>
          <span class="deck" aria-hidden="true" />
        </p>
        <Speaker />
      </div>
      <Line waiting={waitlist.value} />
    </div>
  );
}

/** The DJ is glad of the first woot. */
function moodOf(woots: number): Mood {
  return woots > 0 ? "woot" : "idle";
}

function Speaker() {
  return <span class="speaker" aria-hidden="true"><i /><i /></span>;
}

/** The next DJs, the nearest one first, and when it is their turn. */
function Line({ waiting }: { waiting: readonly User[] }) {
  const [next] = waiting;
  const mine = next !== undefined && next.id === me.value?.id;
  // Shortly before its turn the track itself is known.
  const coming = cue.value && cue.value.dj?.id === next?.id ? cue.value.media?.title : undefined;
  const when = inWords(etas(waiting.length)[0]);
  return (
    <div class="line" data-testid={T.upNext}>
      <p class="line-words">
        {next && <><span class="line-label">Next</span> <strong>{mine ? "You" : next.name}</strong> <span class="line-eta">{coming ? `with ${coming}` : when}</span></>}
      </p>
      <div class="line-people" aria-hidden="true">
        {waiting.slice(0, IN_LINE).map((user) => <Figure key={user.id} user={user} mood="idle" />)}
        {waiting.length > IN_LINE && <span class="line-more">+{waiting.length - IN_LINE}</span>}
      </div>
    </div>
  );
}
