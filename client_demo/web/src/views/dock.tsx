import { dialog, signIn } from "../app/dialogs";
import { muted, volume } from "../app/prefs";
import { act, can, grab, iAmDj, joinWaitlist, leaveWaitlist, myPlace, rules, skipVote, snapshot, state, vote, voteSkip, you } from "../app/room";
import { isGuest } from "../app/session";
import { T } from "../testids";
import { Icon, type IconName } from "./icons";

export function Dock() {
  return (
    <section class="dock" aria-label="Votes and turns">
      <div class="votes" role="group" aria-label="Vote">
        <Votes />
      </div>
      <div class="turns"><Turns /></div>
    </section>
  );
}

function Votes() {
  const votes = snapshot.value?.votes;
  const mine = you.value;
  const idle = !votes?.play_id || iAmDj.value;
  return (
    <>
      <VoteButton kind="woot" label="Woot" count={votes?.woots ?? 0} on={mine?.vote === 1} off={idle || !can("VOTE")} click={() => void vote(1)} />
      <VoteButton kind="meh" label="Meh" count={votes?.mehs ?? 0} on={mine?.vote === -1} off={idle || !can("VOTE")} click={() => void vote(-1)} />
      <VoteButton kind="grab" label="Grab" count={votes?.grabs ?? 0} on={mine?.grabbed === true} off={idle || !can("GRAB")} click={() => void grab()} />
    </>
  );
}

interface VoteProps {
  kind: "woot" | "meh" | "grab";
  label: string;
  count: number;
  on: boolean;
  off: boolean;
  click: () => void;
}

function VoteButton({ kind, label, count, on, off, click }: VoteProps) {
  const guest = isGuest.value;
  const why = iAmDj.value ? "You are playing this track" : guest ? "Sign in to vote" : "";
  return (
    // A guest's press leads to the sign-in dialog: a dead button would say nothing.
    <button
      class={`vote ${kind}`}
      data-testid={T[kind]}
      aria-pressed={on}
      disabled={off && !guest}
      title={why}
      onClick={guest ? signIn : click}
    >
      <Icon name={kind as IconName} />
      <span class="vote-label">{label}</span>
      <span class="count" data-testid={`${kind}-count`}>{count}</span>
    </button>
  );
}

export function Volume() {
  return (
    <div class="volume">
      <button
        class="quiet icon-button"
        aria-pressed={muted.value}
        aria-label={muted.value ? "Unmute" : "Mute"}
        onClick={() => (muted.value = !muted.value)}
      >
        <Icon name={muted.value ? "muted" : "volume"} />
      </button>
      <input
        type="range"
        min="0"
        max="1"
        step="0.02"
        value={volume.value}
        aria-label="Volume"
        onInput={(event) => {
          volume.value = Number(event.currentTarget.value);
          muted.value = false;
        }}
      />
    </div>
  );
}

/** Where the room lets the many skip: how many want it, and the own vote. */
function VoteSkip() {
  const play = snapshot.value?.booth.play;
  if (!play || iAmDj.value || !rules.value.vote_skip_percent || !can("VOTE_SKIP")) return null;
  const tally = state.value?.skip;
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
  const play = snapshot.value?.booth.play ?? null;
  if (isGuest.value) return <button class="primary" onClick={signIn}>Sign in to DJ</button>;
  const skippable = play !== null && !iAmDj.value && can("SKIP_OTHERS");
  return (
    <>
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

function OwnTurn() {
  const booth = snapshot.value?.booth;
  const play = booth?.play;
  const leaves = booth?.leave_after_play === true;
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
  const here = snapshot.value;
  if (!here) return null;
  if (myPlace.value >= 0) {
    return <button data-testid={T.waitlistLeave} onClick={leaveWaitlist}>Leave waitlist</button>;
  }
  const locked = here.settings.locked && !can("WAIT_WHILE_LOCKED");
  return (
    <button class="primary" data-testid={T.waitlistJoin} disabled={locked} onClick={() => void joinWaitlist()}>
      {locked ? "Waitlist locked" : here.booth.dj ? "Join waitlist" : "Take the booth"}
    </button>
  );
}
