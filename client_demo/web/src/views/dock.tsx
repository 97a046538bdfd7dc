import { dialog, register } from "../app/dialogs";
import { act, booth, can, grab, iAmDj, inside, joinWaitlist, leaveWaitlist, myPlace, rules, skipTally, skipVote, vote, voteSkip, votes, you } from "../app/room";
import { isGuest } from "../app/session";
import { etas, inWords } from "../app/turns";
import { whyNoGrab, whyNoVote, whyNoWaiting } from "../app/why";
import { T } from "../testids";
import { Doable } from "./doable";
import { Icon } from "./icons";

export function Dock() {
  return (
    <section class={`dock ${isGuest.value ? "guest" : ""}`} aria-label="Votes and turns">
      <div class="votes" role="group" aria-label="Vote">
        <Votes />
      </div>
      <div class="turns"><Turns /></div>
    </section>
  );
}

function Votes() {
  const tally = votes.value;
  const mine = you.value;
  return (
    <>
      <VoteButton kind="woot" label="Woot" count={tally?.woots ?? 0} on={mine?.vote === 1} why={whyNoVote()} click={() => void vote(1)} />
      <VoteButton kind="meh" label="Meh" count={tally?.mehs ?? 0} on={mine?.vote === -1} why={whyNoVote()} click={() => void vote(-1)} />
      <VoteButton kind="grab" label="Grab" count={tally?.grabs ?? 0} on={mine?.grabbed === true} why={whyNoGrab()} click={() => void grab()} />
    </>
  );
}

interface VoteProps {
  kind: "woot" | "meh" | "grab";
  label: string;
  count: number;
  on: boolean;
  why: string;
  click: () => void;
}

function VoteButton({ kind, label, count, on, why, click }: VoteProps) {
  // A guest's press leads to the sign-in dialog: a dead button would say nothing.
  const guest = isGuest.value;
  return (
    <Doable class={`vote ${kind}`} testid={T[kind]} pressed={on} why={guest ? "" : why} hint={guest ? "Sign in to vote" : ""} click={guest ? register : click}>
      <Icon name={kind} />
      <span class="vote-label">{label}</span>
      <span class="count" data-testid={`${kind}-count`}>{count}</span>
    </Doable>
  );
}

/** Where the room lets the many skip: how many want it, and the own vote. */
function VoteSkip() {
  const play = booth.value?.play;
  if (!play || iAmDj.value || !rules.value.vote_skip_percent || !can("VOTE_SKIP")) return null;
  const tally = skipTally.value;
  const progress = tally ? `${tally.votes} / ${tally.needed}` : "";
  return (
    <button
      class="vote-skip"
      aria-pressed={skipVote.value === play.id}
      title="Vote to skip this track"
      data-testid={T.voteSkip}
      onClick={() => void voteSkip()}
    >
      <Icon name="skip" /> Vote skip
      {tally && <progress max={tally.needed} value={tally.votes} aria-hidden="true" />}
      <span class="count" data-testid={T.voteSkipCount}>{progress}</span>
    </button>
  );
}

function Turns() {
  const play = booth.value?.play ?? null;
  if (isGuest.value) return <button class="primary" data-testid={T.takeTurn} onClick={register}><span>Take a turn<span class="wide-only"> as DJ</span></span></button>;
  const skippable = play !== null && !iAmDj.value && can("SKIP_OTHERS");
  return (
    <>
      <OwnPlace />
      <button data-testid={T.playlistOpen} onClick={() => (dialog.value = { kind: "playlists" })}>
        <Icon name="list" /> Playlists
      </button>
      <VoteSkip />
      {skippable && (
        <button data-testid={T.skip} onClick={() => (dialog.value = { kind: "skip", playId: play.id })}>
          <Icon name="skip" /> Skip
        </button>
      )}
      {iAmDj.value ? <OwnTurn /> : <Waiting />}
    </>
  );
}

/** The own place in the waitlist, where one looks for one's turn. */
function OwnPlace() {
  const place = myPlace.value;
  if (place < 0) return null;
  const eta = inWords(etas(place + 1)[place]);
  return (
    <p class="turn-words" role="status" data-testid={T.ownPlace}>
      <strong>{place === 0 ? "You are next" : `You are number ${place + 1}`}</strong>{eta && `, ${eta}`}
    </p>
  );
}

function OwnTurn() {
  const play = booth.value?.play;
  const leaves = booth.value?.leave_after_play === true;
  return (
    <>
      <button data-testid={T.skip} onClick={() => play && void act("booth.skip", { play_id: play.id })}>
        <Icon name="skip" /> Skip my track
      </button>
      <button aria-pressed={leaves} title="Leave the booth after this track" data-testid={T.boothLast} onClick={() => void act("booth.leave", { after_play: true, on: !leaves })}>
        {leaves ? "Leaving after this" : "Last one"}
      </button>
      <button data-testid={T.boothLeave} onClick={() => void act("booth.leave", { after_play: false })}>Leave booth</button>
    </>
  );
}

function Waiting() {
  if (!inside.value) return null;
  if (myPlace.value >= 0) {
    return <button data-testid={T.waitlistLeave} onClick={leaveWaitlist}>Leave waitlist</button>;
  }
  return (
    <Doable class="primary" testid={T.waitlistJoin} why={whyNoWaiting()} click={() => void joinWaitlist()}>
      {booth.value?.dj ? "Join the waitlist" : "Take the booth"}
    </Doable>
  );
}
